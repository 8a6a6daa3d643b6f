"""What the service takes from whom: the checks of the kit are in front of every address."""

import httpx
import pytest
from fastapi import FastAPI

from ingest_api.app import create_app
from ingest_api.settings import Settings
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
    ("path", "misdirected", "foreign"),
    [
        ("/write", {"error": "…"}, {"error": "…"}),
        ("/api/v2/write", {"code": "invalid", "message": "…"}, {"code": "forbidden", "message": "…"}),
        ("/api/v3/write_lp", {"error": "…", "data": None}, {"error": "…", "data": None}),
    ],
)
async def test_influxdb_s_addresses_refuse_in_their_own_words(
    app: FastAPI, path: str, misdirected: dict[str, str], foreign: dict[str, str]
) -> None:
    form = {"Origin": "https://evil.example.org", "Content-Type": "text/plain"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        answers = [
            await client.post(path, content=b"m value=1", headers={"Host": "rebound.example.org"}),
            await client.post(path, content=b"m value=1", headers=form),
        ]
    assert [answer.status_code for answer in answers] == [421, 403]
    for answer, body, setting in zip(answers, (misdirected, foreign), ("HOSTS", "ORIGINS"), strict=True):
        text = "message" if "message" in body else "error"
        assert answer.json() | {text: "…"} == body
        assert f"INGEST_API_ALLOWED_{setting}" in answer.json()[text]
