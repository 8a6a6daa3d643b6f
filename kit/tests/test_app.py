"""Every service built on the kit answers health, metrics and errors the same way."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from service_kit.app import create_service_app
from service_kit.health import Readiness
from service_kit.metrics import create_registry
from service_kit.problems import DependencyUnavailableError
from service_kit.settings import ServiceSettings

router = APIRouter()


@router.get("/numbers/{number}")
async def number(number: int) -> int:
    if number == 13:
        raise DependencyUnavailableError("no luck; try again later", headers={"Retry-After": "1"})
    return 100 // number


@asynccontextmanager
async def no_lifespan(_app: FastAPI) -> AsyncIterator[None]:
    yield


@pytest.fixture
def missing() -> dict[str, str | None]:
    return {"kafka": None}


@pytest.fixture
async def client(missing: dict[str, str | None]) -> AsyncIterator[httpx.AsyncClient]:
    readiness = Readiness()

    async def kafka() -> str | None:
        return missing["kafka"]

    readiness.add("kafka", kafka)
    app = create_service_app(
        "service-kit",
        description="",
        settings=ServiceSettings(port=1),
        registry=create_registry(),
        readiness=readiness,
        lifespan=no_lifespan,
        routers=(router,),
    )
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


async def test_readiness_names_the_missing_dependency(
    client: httpx.AsyncClient, missing: dict[str, str | None]
) -> None:
    assert (await client.get("/readyz")).status_code == 200
    missing["kafka"] = "no broker answers"
    answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["missing"] == {"kafka": "no broker answers"}
    assert (await client.get("/livez")).status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/numbers/x", 422, "invalid_request"),
        ("/numbers/13", 503, "dependency_unavailable"),
        ("/numbers/0", 500, "internal_error"),
        ("/nowhere", 404, "not_found"),
    ],
)
async def test_every_error_is_a_problem_document(client: httpx.AsyncClient, path: str, status: int, code: str) -> None:
    answer = await client.get(path, headers={"X-Request-Id": "abc-1"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["code"], problem["status"], problem["request_id"]) == (code, status, "abc-1")
    assert problem["detail"]


async def test_an_error_keeps_its_headers(client: httpx.AsyncClient) -> None:
    assert (await client.get("/numbers/13")).headers["retry-after"] == "1"


async def test_a_request_id_that_could_forge_a_log_line_is_replaced(client: httpx.AsyncClient) -> None:
    answer = await client.get("/numbers/1", headers={"X-Request-Id": 'x" injected'})
    assert answer.headers["x-request-id"] != 'x" injected'


async def test_metrics_name_the_route_and_not_the_path(client: httpx.AsyncClient) -> None:
    await client.get("/numbers/7")
    await client.get("/numbers/8")
    text = (await client.get("/metrics")).text
    assert 'http_requests_total{method="GET",route="/numbers/{number}",status="200"} 2.0' in text
