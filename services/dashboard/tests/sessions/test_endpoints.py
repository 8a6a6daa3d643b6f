"""Signing in and out, as a browser does."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from dashboard.app import create_app
from dashboard.sessions.secret import session_secret
from dashboard.settings import Settings
from service_kit.access.sessions import COOKIE, Sessions
from service_kit.access_examples import KEY_ID, SECRET, InMemoryKeys, a_key, use_keys

TOKEN = f"iot_{KEY_ID}_{SECRET}"
SESSION_SECRET = "a secret that is long enough to be one"


@pytest.fixture
def source() -> InMemoryKeys:
    source = InMemoryKeys()
    source.put(a_key(scopes=("read",)))
    return source


@pytest.fixture
def app(source: InMemoryKeys, tmp_path: Path) -> FastAPI:
    file = tmp_path / "secret"
    file.write_text(SESSION_SECRET)
    settings = Settings(auth="on", session_secret_file=file)
    app = create_app(settings)
    use_keys(app, source, Sessions(session_secret(file), settings.session_max_age_s))
    return app


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        yield client


async def test_a_browser_is_in_from_signing_in_to_signing_out(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/metrics")).status_code == 401
    answer = await browser.post("/v1/session", json={"key": f" {TOKEN}\n"})
    assert (answer.status_code, answer.json()["scopes"], answer.headers["cache-control"]) == (200, ["read"], "no-store")
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/", "Max-Age=43200"} <= set(cookie.split("; "))
    assert SECRET not in cookie
    assert (await browser.get("/metrics")).status_code == 200
    assert (await browser.post("/api/simulator/stop")).status_code == 403
    assert (await browser.delete("/v1/session")).status_code == 204
    assert (await browser.get("/metrics")).status_code == 401


async def test_revoking_the_key_ends_the_session(browser: httpx.AsyncClient, source: InMemoryKeys) -> None:
    await browser.post("/v1/session", json={"key": TOKEN})
    assert (await browser.get("/metrics")).status_code == 200
    key = a_key(scopes=("read",))
    source.put(a_key(scopes=("read",), revoked_at=key.created_at))
    assert (await browser.get("/metrics")).status_code == 401


async def test_over_https_the_cookie_is_for_https_alone(browser: httpx.AsyncClient) -> None:
    answer = await browser.post("https://127.0.0.1/v1/session", json={"key": TOKEN})
    assert "Secure" in answer.headers["set-cookie"].split("; ")


async def test_a_wrong_key_is_told_and_gets_no_cookie(browser: httpx.AsyncClient) -> None:
    answer = await browser.post("/v1/session", json={"key": TOKEN + "x"})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert "iotctl keys list" in answer.json()["detail"]
    assert "set-cookie" not in answer.headers


async def test_another_site_signs_nobody_in(browser: httpx.AsyncClient) -> None:
    headers = {"Origin": "https://evil.example.org"}
    assert (await browser.post("/v1/session", json={"key": TOKEN}, headers=headers)).status_code == 403


async def test_where_keys_are_off_nobody_signs_in() -> None:
    transport = httpx.ASGITransport(app=create_app(Settings()))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        answer = await client.post("/v1/session", json={"key": TOKEN}, headers={"Cookie": f"{COOKIE}=x"})
    assert (answer.status_code, answer.json()["code"]) == (404, "keys_off")


def test_a_session_secret_must_be_long(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("short")
    with pytest.raises(ValueError, match="fewer than 32 bytes"):
        session_secret(tmp_path / "secret")
    assert len(session_secret(None)) == 32
