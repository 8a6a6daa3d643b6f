"""Every service built on the kit answers health, metrics and errors the same way."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from service_kit.app import create_service_app
from service_kit.health import Readiness
from service_kit.metrics import create_registry
from service_kit.problems import (
    RETRY_AFTER_HEADER,
    DependencyUnavailableError,
    InvalidRequestError,
    problem_responses,
)
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


def test_errors_document_themselves() -> None:
    class BusyError(DependencyUnavailableError):
        code = "busy"
        title = "Too much at once"
        documented_headers = RETRY_AFTER_HEADER

    responses = problem_responses(InvalidRequestError, DependencyUnavailableError, BusyError)
    assert responses.keys() == {422, 503}
    assert responses[503] == {
        "description": "A dependency is unavailable (`dependency_unavailable`); Too much at once (`busy`)",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        "headers": {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}},
    }


async def test_the_document_has_the_problem_s_schema(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    assert document["components"]["schemas"]["Problem"]["required"] == ["type", "title", "status", "code"]


async def test_metrics_have_those_of_the_process(client: httpx.AsyncClient) -> None:
    text = (await client.get("/metrics")).text
    assert "process_resident_memory_bytes" in text
    assert "python_info" in text
    assert "python_gc_collections_total" in text
