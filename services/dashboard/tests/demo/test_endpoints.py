"""The demo's orders: passed on to the simulator as they are, from our own page only."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from dashboard.app import create_app
from dashboard.demo.simulator_client import SimulatorClient
from dashboard.settings import Settings

PATH = "/api/simulator"
HOST = "127.0.0.1:8000"
OWN_PAGE = {"Origin": f"http://{HOST}"}
FAULT = {"fault": {"kind": "spike", "sensors": ["SENSOR_003"]}}
ORDERS: list[tuple[str, str, Any]] = [
    ("POST", "/start", None),
    ("POST", "/stop", None),
    ("PUT", "/rate", {"rate_per_s": 50}),
    ("POST", "/faults", FAULT),
]


class Simulator:
    """Answers as told, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answer: httpx.Response | Exception = httpx.Response(200, json={"running": True})
        self.asked: list[tuple[str, str, Any]] = []

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((request.method, request.url.path, json.loads(request.content or b"null")))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Runtime:
    """What of the runtime the demo uses."""

    def __init__(self, simulator: Simulator | None) -> None:
        http = (
            httpx.AsyncClient(transport=httpx.MockTransport(simulator.handle), base_url="http://simulator")
            if simulator
            else None
        )
        self.simulator_client = SimulatorClient(http) if http else None


@pytest.fixture
def simulator() -> Simulator:
    return Simulator()


@pytest.fixture
def app(simulator: Simulator) -> FastAPI:
    app = create_app(Settings())
    app.state.runtime = Runtime(simulator)
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as client:
        yield client


async def test_its_state_is_the_simulator_s(client: httpx.AsyncClient, simulator: Simulator) -> None:
    answer = await client.get(PATH)
    assert (answer.status_code, answer.json(), answer.headers["cache-control"]) == (200, {"running": True}, "no-store")
    assert simulator.asked == [("GET", "/v1/status", None)]


@pytest.mark.parametrize(("method", "path", "order"), ORDERS)
async def test_orders_of_our_own_page_are_passed_on(
    client: httpx.AsyncClient, simulator: Simulator, method: str, path: str, order: Any
) -> None:
    simulator.answer = httpx.Response(202, json={"kind": "spike"})
    answer = await client.request(method, PATH + path, json=order, headers=OWN_PAGE)
    assert (answer.status_code, answer.json()) == (202, {"kind": "spike"})
    assert simulator.asked == [(method, f"/v1{path}", order)]


@pytest.mark.parametrize("origin", ["http://evil.example.org", "null", "http://127.0.0.1:9999"])
@pytest.mark.parametrize(("method", "path", "order"), ORDERS)
async def test_orders_of_another_page_are_not(
    client: httpx.AsyncClient, simulator: Simulator, method: str, path: str, order: Any, origin: str
) -> None:
    answer = await client.request(method, PATH + path, json=order, headers={"Origin": origin})
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
    assert simulator.asked == []


@pytest.mark.parametrize(
    ("content", "media_type", "status", "code"),
    [
        (b'{"rate_per_s": 5}', "text/plain", 415, "unsupported_media_type"),
        (b'{"rate_per_s": 5}', "", 415, "unsupported_media_type"),
        (b'{"rate_per_s": "' + b"5" * 5000 + b'"}', "application/json", 413, "order_too_large"),
    ],
)
async def test_what_is_no_order_does_not_reach_the_simulator(
    client: httpx.AsyncClient, simulator: Simulator, content: bytes, media_type: str, status: int, code: str
) -> None:
    answer = await client.put(f"{PATH}/rate", content=content, headers=OWN_PAGE | {"Content-Type": media_type})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert simulator.asked == []


async def test_why_the_simulator_refuses_is_passed_on(client: httpx.AsyncClient, simulator: Simulator) -> None:
    problem = {"code": "not_running", "detail": "POST /v1/start first"}
    simulator.answer = httpx.Response(409, json=problem, headers={"content-type": "application/problem+json"})
    answer = await client.post(f"{PATH}/faults", json=FAULT)
    assert (answer.status_code, answer.json()) == (409, problem)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "away", [httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), *map(httpx.Response, (500, 404, 302, 421))]
)
async def test_a_simulator_that_is_away_is_a_problem_that_names_it(
    client: httpx.AsyncClient, simulator: Simulator, away: httpx.Response | Exception
) -> None:
    simulator.answer = away
    answer = await client.get(PATH)
    assert (answer.status_code, answer.json()["code"]) == (503, "simulator_unavailable")
    assert "http://simulator" in answer.json()["detail"]


async def test_without_a_simulator_there_is_no_demo(app: FastAPI, client: httpx.AsyncClient) -> None:
    app.state.runtime = Runtime(None)
    for answer in (await client.get(PATH), await client.post(f"{PATH}/start", headers=OWN_PAGE)):
        assert (answer.status_code, answer.json()["code"]) == (404, "no_simulator")
        assert "SIMULATOR_URL" in answer.json()["detail"]
