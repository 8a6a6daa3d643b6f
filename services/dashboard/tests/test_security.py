"""What the service takes from whom: the checks of the kit are in front of every address."""

from typing import Any

import pytest
from fastapi import FastAPI

from dashboard.app import create_app
from dashboard.settings import Settings
from service_kit.security_examples import EVIL, EXAMPLES, NOWHERE, Example, changes_of, refused, status_of


@pytest.fixture
def app() -> FastAPI:
    return create_app(Settings())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
async def test_requests_for_other_hosts_and_of_other_sites_are_refused(app: FastAPI, example: Example) -> None:
    assert await refused(app, "GET", NOWHERE, example.headers) == status_of(example.reading)
    assert await refused(app, "POST", NOWHERE, example.headers) == status_of(example.changing)


async def test_another_site_can_change_nothing(app: FastAPI) -> None:
    for method, path in changes_of(app.openapi()):
        assert await refused(app, method, path, EVIL) == 403, (method, path)


@pytest.mark.parametrize(
    "headers",
    [
        EVIL,
        (("Host", "rebound.example.org"), ("Origin", "http://rebound.example.org")),
        (("Host", "127.0.0.1:8000"), ("Sec-Fetch-Site", "same-site")),
    ],
)
async def test_another_site_s_page_sees_no_live_values(app: FastAPI, headers: tuple[tuple[str, str], ...]) -> None:
    sent: list[Any] = []
    raw = [(name.lower().encode(), value.encode()) for name, value in headers]
    scope = {"type": "websocket", "path": "/ws/live", "query_string": b"", "headers": raw, "subprotocols": []}

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    assert [message["type"] for message in sent] == ["websocket.close"], "refused before the handshake"
