"""A page of another site, in its visitor's browser on this machine: it changes nothing here and reads nothing."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from httpx import AsyncClient
from playwright.async_api import Page, Route

from service_kit.testing import wait_until
from support.questions import stats_of
from support.readings import a_sensor
from support.stack import Stack

pytestmark = pytest.mark.timeout(180)
REBOUND = "rebound.example.org"
SIMPLE_REQUEST = """async ([address, body]) => {
    const request = {method: "POST", mode: "no-cors", headers: {"Content-Type": "text/plain"}, body};
    await fetch(address, request).catch(() => {}); // the page is not shown even that there is an answer
}"""
FORM = """([address, body]) => {
    const form = document.createElement("form");
    Object.assign(form, {method: "POST", enctype: "text/plain", action: address});
    const [name, value] = body.split("=");
    form.append(Object.assign(document.createElement("input"), {name, value}));
    document.body.append(form);
    form.submit();
}"""
READ = "address => fetch(address).then(async answer => [answer.status, await answer.text()], () => [0, ''])"
OPEN_SOCKET = """address => new Promise(done => {
    const socket = new WebSocket(address);
    socket.onopen = () => done("open");
    socket.onerror = () => done("refused");
})"""


@pytest.fixture
async def elsewhere() -> AsyncIterator[str]:
    """The port of a server of somebody else, with one page."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<!doctype html><body>")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield str(server.sockets[0].getsockname()[1])


@pytest.fixture(params=["127.0.0.1", REBOUND])
async def foreign_page(request: pytest.FixtureRequest, page: Page, elsewhere: str) -> Page:
    """A page of another origin: another port of this machine, or another name."""
    await page.goto(f"http://{request.param}:{elsewhere}/")
    return page


async def refusals(http: AsyncClient, service: str) -> float:
    """How many requests the service has answered with 403 since it started."""
    samples = (await http.get(f"{service}/metrics")).text.splitlines()
    refused = [line for line in samples if line.startswith("http_requests_total{") and 'status="403"' in line]
    return sum(float(line.split()[-1]) for line in refused)


async def until_refused(http: AsyncClient, service: str, count: float) -> None:
    """Wait until the service has answered so many requests with 403."""

    async def reached() -> bool:
        return await refusals(http, service) >= count

    await wait_until(reached, deadline_s=5, otherwise=f"{service} has not refused {count:g} requests")


async def test_it_does_not_stop_the_simulator(stack: Stack, http: AsyncClient, foreign_page: Page) -> None:
    simulator = stack.url("simulator")
    assert (await http.post(f"{simulator}/v1/start")).is_success
    before = await refusals(http, simulator)
    await foreign_page.evaluate(SIMPLE_REQUEST, [f"{simulator}/v1/stop", ""])
    await until_refused(http, simulator, before + 1)
    assert (await http.get(f"{simulator}/v1/status")).json()["running"] is True
    await http.post(f"{simulator}/v1/stop")


@pytest.mark.parametrize("path", ["/write", "/api/v2/write", "/api/v3/write_lp", "/v1/readings"])
async def test_it_writes_no_readings(stack: Stack, http: AsyncClient, foreign_page: Page, path: str) -> None:
    sensor, ingest_api = a_sensor("EVIL"), stack.url("ingest-api")
    before = await refusals(http, ingest_api)
    order = [f"{ingest_api}{path}", f"m,sensor_id={sensor} value=1"]
    await foreign_page.evaluate(SIMPLE_REQUEST, order)
    async with foreign_page.expect_navigation():
        await foreign_page.evaluate(FORM, order)
    await until_refused(http, ingest_api, before + 2)
    assert (await stats_of(http, stack.url("query-api"), sensor))["count"] == 0


async def test_it_reads_nothing(stack: Stack, foreign_page: Page) -> None:
    assert await foreign_page.evaluate(READ, f"{stack.url('query-api')}/v1/stats") == [0, ""]
    live = stack.url("dashboard").replace("http", "ws") + "/ws/live"
    assert await foreign_page.evaluate(OPEN_SOCKET, live) == "refused"


@pytest.mark.parametrize(("service", "path"), [("query-api", "/v1/stats"), ("dashboard", "/"), ("simulator", "/docs")])
async def test_a_name_rebound_to_this_machine_reads_nothing(stack: Stack, page: Page, service: str, path: str) -> None:
    home = f"http://{REBOUND}:{stack.port(service.upper().replace('-', '_'))}"

    async def before(route: Route) -> None:
        await route.fulfill(body="<!doctype html>", content_type="text/html")

    await page.route(f"{home}/before", before)  # its owner's own page, while the name was still his machine's
    await page.goto(f"{home}/before")
    status, text = await page.evaluate(READ, f"{home}{path}")
    assert status == 421
    assert "misdirected_request" in text
