"""What the service takes from whom: the checks of the kit are in front of every address."""

import pytest
from fastapi import FastAPI
from prometheus_client import REGISTRY

from service_kit.security_examples import EVIL, EXAMPLES, NOWHERE, Example, changes_of, refused, status_of
from stream_processor.app import create_app
from stream_processor.settings import Settings


@pytest.fixture
def app() -> FastAPI:
    for collector in list(REGISTRY._collector_to_names):
        REGISTRY.unregister(collector)
    return create_app(Settings())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
async def test_requests_for_other_hosts_and_of_other_sites_are_refused(app: FastAPI, example: Example) -> None:
    assert await refused(app, "GET", NOWHERE, example.headers) == status_of(example.reading)
    assert await refused(app, "POST", NOWHERE, example.headers) == status_of(example.changing)


async def test_another_site_can_change_nothing(app: FastAPI) -> None:
    for method, path in changes_of(app.openapi()):
        assert await refused(app, method, path, EVIL) == 403, (method, path)
