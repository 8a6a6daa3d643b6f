"""`/docs` comes from our own files."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urljoin

import httpx
import pytest
from fastapi import FastAPI

from service_kit import docs
from service_kit.app import create_service_app
from service_kit.health import Readiness
from service_kit.metrics import create_registry
from service_kit.settings import ServiceSettings

HOME = "http://127.0.0.1"


@asynccontextmanager
async def no_lifespan(_app: FastAPI) -> AsyncIterator[None]:
    yield


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = create_service_app(
        "service-kit",
        description="",
        settings=ServiceSettings(port=1),
        registry=create_registry(),
        readiness=Readiness(),
        lifespan=no_lifespan,
        routers=(),
    )
    app.title = "</title><script>"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=HOME) as client:
        yield client


async def test_all_that_the_page_loads_is_ours(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    addresses = [urljoin(f"{HOME}/docs", found) for found in re.findall(r'(?:src|href)="([^"]*)"', page.text)]
    assert {address.removeprefix(HOME) for address in addresses} == docs.PATHS - {"/docs"}
    for address in addresses:
        assert (await client.get(address)).status_code == 200


async def test_the_page_has_no_script_or_style_of_its_own(client: httpx.AsyncClient) -> None:
    page = (await client.get("/docs")).text
    assert re.findall(r"<script[^>]*>([^<]+)</script>", page) == []
    assert "style=" not in page
    assert "<style" not in page
    assert "<title>&lt;/title&gt;&lt;script&gt;</title>" in page


async def test_the_script_asks_for_the_document_beside_the_page_and_for_nothing_else(client: httpx.AsyncClient) -> None:
    script = (await client.get("/docs/start.js")).text
    assert 'url: "openapi.json"' in script
    assert "validatorUrl: null" in script
    assert "http" not in script
    assert (await client.get("/openapi.json")).status_code == 200


@pytest.mark.parametrize("path", ["/redoc", "/docs/oauth2-redirect", "/docs/index.html", "/docs/..%2Fapp.py"])
async def test_there_is_nothing_else(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404
