"""What every service owes its operator and its callers."""

import json

import pytest
from httpx import AsyncClient

from support.stack import PROJECT, Stack

SERVICES = ("simulator", "ingest-api", "stream-processor", "query-api", "dashboard")
every_service = pytest.mark.parametrize("service", SERVICES)


@every_service
async def test_it_is_alive_and_ready(stack: Stack, http: AsyncClient, service: str) -> None:
    assert (await http.get(f"{stack.url(service)}/livez")).status_code == 200
    ready = await http.get(f"{stack.url(service)}/readyz")
    assert (ready.status_code, ready.json()["missing"]) == (200, {})


@every_service
async def test_its_committed_openapi_document_is_what_it_serves(stack: Stack, http: AsyncClient, service: str) -> None:
    served = (await http.get(f"{stack.url(service)}/openapi.json")).json()
    assert served == json.loads((PROJECT / "services" / service / "openapi.json").read_text())
    assert (await http.get(f"{stack.url(service)}/docs")).status_code == 200


@every_service
async def test_its_metrics_are_prometheus_text(stack: Stack, http: AsyncClient, service: str) -> None:
    await http.get(f"{stack.url(service)}/livez")
    metrics = (await http.get(f"{stack.url(service)}/metrics")).text
    assert 'http_requests_total{method="GET",route="/livez",status="200"}' in metrics


@every_service
async def test_what_it_does_not_have_is_a_problem_document(stack: Stack, http: AsyncClient, service: str) -> None:
    answer = await http.get(f"{stack.url(service)}/v9/nothing", headers={"X-Request-Id": "test-1"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert (answer.json()["code"], answer.json()["request_id"]) == ("not_found", "test-1")
