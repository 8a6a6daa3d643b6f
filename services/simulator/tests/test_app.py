from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import REGISTRY

from service_kit.testing import wait_until
from simulator import runtime
from simulator.app import create_app
from simulator.settings import Settings


@pytest.fixture
def app(client: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    for collector in list(REGISTRY._collector_to_names):
        REGISTRY.unregister(collector)
    monkeypatch.setattr(runtime, "http_client", lambda *_: client)
    return create_app(Settings(autostart=False, data_dir=tmp_path, tick_ms=10, interval_ms=200, probe_interval_ms=100))


async def test_the_fleet_is_controlled_and_counted(app: FastAPI) -> None:
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http,
    ):
        status = (await http.get("/v1/status")).json()
        assert (status["running"], status["sensors"], status["rate_per_s"], status["sent"]) == (False, 20, 100, 0)
        assert (await http.post("/v1/start")).json()["running"] is True

        async def accepted() -> int:
            return int((await http.get("/v1/status")).json()["accepted"])

        await wait_until(accepted, deadline_s=3, otherwise="nothing was delivered")
        stopped = (await http.post("/v1/stop")).json()
        assert stopped["running"] is False

        async def all_delivered() -> bool:
            now = (await http.get("/v1/status")).json()
            return bool(now["accepted"] == now["generated"] == stopped["generated"])

        await wait_until(all_delivered, deadline_s=3, otherwise="what was measured was not all delivered")
        metrics = (await http.get("/metrics")).text
        assert f'simulator_readings_total{{outcome="accepted"}} {float(stopped["generated"])}' in metrics


async def test_readiness_names_an_ingest_api_that_is_away(app: FastAPI, ingest_api: Any) -> None:
    ingest_api.alive = False
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http,
    ):

        async def reason() -> str:
            return str((await http.get("/readyz")).json()["missing"].get("ingest-api", ""))

        async def refused() -> bool:
            return "refused" in await reason()

        await wait_until(refused, deadline_s=3, otherwise="readiness does not name ingest-api")
        ingest_api.alive = True

        async def ready() -> bool:
            return (await http.get("/readyz")).status_code == 200

        await wait_until(ready, deadline_s=3, otherwise="it did not recover")
