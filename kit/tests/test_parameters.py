"""A parameter without a value is no value, and one that has a single value can't be given twice."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from urllib.parse import parse_qsl

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Query
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from service_kit.app import create_service_app
from service_kit.health import Readiness
from service_kit.metrics import create_registry
from service_kit.parameters import without_empty
from service_kit.settings import ServiceSettings


class Filters(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: int = 100
    sensor_id: list[str] | None = None
    location: Annotated[list[str], Query()] = []


inner = APIRouter(prefix="/inner")
router = APIRouter(prefix="/outer")


@inner.get("/filters/{name}")
async def filters(name: str, parameters: Annotated[Filters, Query()]) -> dict[str, Any]:
    return parameters.model_dump()


@router.post("/unit")
async def unit(precision: str = "ns", partial: bool = True) -> list[Any]:
    return [precision, partial]


router.include_router(inner)


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
        routers=(router,),
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as client:
        yield client


@pytest.mark.parametrize(
    "query", ["", "?", "?precision=", "?precision", "?precision=&partial=", "?&&partial&=", "?=ms"]
)
async def test_a_parameter_without_a_value_is_its_default(client: httpx.AsyncClient, query: str) -> None:
    assert (await client.post(f"/outer/unit{query}")).json() == ["ns", True]


async def test_the_parameters_beside_it_keep_their_values(client: httpx.AsyncClient) -> None:
    assert (await client.post("/outer/unit?precision=ms&partial=")).json() == ["ms", True]
    assert (await client.post("/outer/unit?precision=&partial=false&precision=us")).json() == ["us", False]
    answer = await client.get("/outer/inner/filters/a?sensor_id=A&limit=&sensor_id=&sensor_id=B&location=")
    assert answer.json() == {"limit": 100, "sensor_id": ["A", "B"], "location": []}


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("POST", "/outer/unit?precision=ms&precision=ms", "precision"),
        ("POST", "/outer/unit?precision=ms&precisio%6E=us", "precision"),
        ("POST", "/outer/unit?partial=true&x=1&x=2&partial=false", "partial"),
        ("GET", "/outer/inner/filters/a?limit=1&sensor_id=A&limit=2", "limit"),
    ],
)
async def test_a_single_value_given_twice_is_refused(
    client: httpx.AsyncClient, method: str, path: str, name: str
) -> None:
    answer = await client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert f"query.{name}: given more than once" in answer.json()["detail"]


async def test_lists_may_repeat_and_what_nobody_declares_is_ignored(client: httpx.AsyncClient) -> None:
    answer = await client.get("/outer/inner/filters/a?sensor_id=A&sensor_id=B&location=X&location=Y")
    assert answer.json() == {"limit": 100, "sensor_id": ["A", "B"], "location": ["X", "Y"]}
    assert (await client.post("/outer/unit?db=a&db=b&org=")).json() == ["ns", True]


@given(st.text(alphabet="ab=&%3D+;", max_size=20))
def test_only_parameters_without_a_value_go(query: str) -> None:
    kept = parse_qsl(without_empty(query.encode()).decode(), keep_blank_values=True)
    assert kept == [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if value]
