"""What every service owes its operator and its callers."""

import asyncio
import json
import re
import tomllib
from urllib.parse import urljoin

import pytest
from httpx import AsyncClient

from service_kit.security_examples import EXAMPLES, NOWHERE, STATUS, Example
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


@every_service
def test_its_title_is_its_name_and_its_version_the_package_s(service: str) -> None:
    info = json.loads((PROJECT / "services" / service / "openapi.json").read_text())["info"]
    package = tomllib.loads((PROJECT / "services" / service / "pyproject.toml").read_text())["project"]
    assert (info["title"], info["version"]) == (f"IoT data platform: {service}", package["version"])


def test_the_topics_are_named_like_the_services() -> None:
    document = (PROJECT / "contracts" / "asyncapi.yaml").read_text()
    package = tomllib.loads((PROJECT / "contracts" / "pyproject.toml").read_text())["project"]
    assert "title: 'IoT data platform: topics'" in document
    assert f"version: {package['version']}" in document


@every_service
async def test_all_that_its_docs_page_loads_is_its_own(stack: Stack, http: AsyncClient, service: str) -> None:
    home = f"{stack.url(service)}/docs"
    page = await http.get(home)
    addresses = [urljoin(home, found) for found in re.findall(r'(?:src|href)="([^"]*)"', page.text)]
    assert len(addresses) == 4
    for address in addresses:
        assert address.startswith(f"{home}/")
        assert (await http.get(address)).status_code == 200
    assert (await http.get(f"{stack.url(service)}/redoc")).status_code == 404


@every_service
async def test_requests_for_other_hosts_and_of_other_sites_are_refused(stack: Stack, service: str) -> None:
    port = stack.port(service.upper().replace("-", "_"))
    for example in EXAMPLES:
        for method, problem in (("GET", example.reading), ("POST", example.changing)):
            status = await _status(port, method, example)
            assert status == (STATUS[problem] if problem else 404), (example.name, method)


async def _status(port: int, method: str, example: Example) -> int:
    """What the service answers to a request of exactly these headers."""
    lines = [f"{method} {NOWHERE} HTTP/1.1", "Content-Length: 0", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in example.headers]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
    answer = await reader.read()
    writer.close()
    return int(answer.split()[1])


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
