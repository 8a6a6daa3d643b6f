"""The control API of a fleet whose readings go to a real server."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from iot_contracts.readings import Reading
from service_kit.testing import wait_until
from simulator.app import create_app
from simulator.settings import Settings


@pytest.fixture
async def http(sink: Any, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    for collector in list(REGISTRY._collector_to_names):
        REGISTRY.unregister(collector)
    settings = Settings(
        ingest_api_url=sink.url, autostart=False, data_dir=tmp_path, tick_ms=10, interval_ms=200, anomaly_rate=0
    )
    app = create_app(settings)
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client,
    ):
        yield client


async def until_delivered(sink: Any, count: int) -> Sequence[Reading]:
    await wait_until(lambda: len(sink.readings) >= count, deadline_s=5, otherwise=f"{count} readings did not come")
    return list(sink.readings)


async def inject(http: httpx.AsyncClient, fault: dict[str, Any], **rest: Any) -> dict[str, Any]:
    response = await http.post("/v1/faults", json={"fault": fault, **rest})
    assert response.status_code == 202, response.text
    injected: dict[str, Any] = response.json()
    return injected


async def test_a_changed_rate_is_what_is_measured_from_now_on(http: httpx.AsyncClient, sink: Any) -> None:
    assert (await http.put("/v1/rate", json={"rate_per_s": 0.01})).json()["rate_per_s"] == 0.01
    await http.post("/v1/start")
    await until_delivered(sink, 1)
    status = (await http.put("/v1/rate", json={"rate_per_s": 400})).json()
    assert (status["rate_per_s"], status["running"]) == (400, True)
    [first, *readings] = await until_delivered(sink, 60)
    times = [reading.timestamp for reading in readings]
    assert times[0] > first.timestamp
    assert (times[-1] - times[0]).total_seconds() == pytest.approx((len(times) - 1) / 400, abs=0.002)


@pytest.mark.parametrize("rate", [0, 0.001, -1, 20_001, "fast", None])
async def test_a_rate_out_of_range_is_refused_and_changes_nothing(http: httpx.AsyncClient, rate: object) -> None:
    refused = await http.put("/v1/rate", json={"rate_per_s": rate})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
    assert "rate_per_s" in refused.json()["detail"]
    assert (await http.get("/v1/status")).json()["rate_per_s"] == 100


async def test_an_injected_spike_strikes_one_reading(http: httpx.AsyncClient, sink: Any) -> None:
    await http.post("/v1/start")
    injected = await inject(http, {"kind": "spike", "sensors": ["SENSOR_003"]})
    assert (injected["kind"], injected["sensors"], injected["ends_at"]) == ("spike", ["SENSOR_003"], None)
    readings = await until_delivered(sink, 100)
    [spike] = [reading for reading in readings if reading.is_anomaly]
    assert spike.sensor_id == "SENSOR_003"
    assert 67.5 <= spike.value <= 112.5
    assert spike.timestamp >= datetime.fromisoformat(injected["starts_at"])
    status = (await http.get("/v1/status")).json()
    assert (status["anomalies"], status["active_faults"]) == (1, [])


async def test_an_episode_strikes_those_who_are_meant_and_ends(http: httpx.AsyncClient, sink: Any) -> None:
    await http.post("/v1/start")
    await until_delivered(sink, 20)
    fault = {"kind": "spike", "locations": ["Tangier-Port"], "types": ["humidity", "light"]}
    injected = await inject(http, fault, duration_s=0.6)
    assert injected["sensors"] == ["SENSOR_007", "SENSOR_017"]
    starts_at, ends_at = (datetime.fromisoformat(injected[name]) for name in ("starts_at", "ends_at"))
    assert (ends_at - starts_at).total_seconds() == 0.6
    active = (await http.get("/v1/status")).json()["active_faults"]
    assert active == [{"kind": "spike", "sensor_id": name} for name in injected["sensors"]]

    async def over() -> bool:
        return not (await http.get("/v1/status")).json()["active_faults"]

    await wait_until(over, deadline_s=3, otherwise="the fault does not end")
    for reading in await until_delivered(sink, len(sink.readings) + 40):
        meant = reading.sensor_id in injected["sensors"] and starts_at <= reading.timestamp < ends_at
        assert bool(reading.is_anomaly) is meant, reading
    assert sum(bool(reading.is_anomaly) for reading in sink.readings) == 6


async def test_a_sensor_that_is_taken_offline_delivers_nothing(http: httpx.AsyncClient, sink: Any) -> None:
    await http.post("/v1/start")
    injected = await inject(http, {"kind": "offline", "sensors": ["SENSOR_001"]})
    starts_at, ends_at = (datetime.fromisoformat(injected[name]) for name in ("starts_at", "ends_at"))
    assert (ends_at - starts_at).total_seconds() == 60
    for reading in await until_delivered(sink, 100):
        assert reading.sensor_id != "SENSOR_001" or reading.timestamp < starts_at


async def test_one_sensor_is_drawn_where_nobody_is_named(http: httpx.AsyncClient) -> None:
    await http.post("/v1/start")
    injected = await inject(http, {"kind": "drift"})
    assert len(injected["sensors"]) == 1


async def test_a_fleet_that_does_not_run_takes_no_fault(http: httpx.AsyncClient) -> None:
    refused = await http.post("/v1/faults", json={"fault": {"kind": "spike"}})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_running")
    assert "/v1/start" in refused.json()["detail"]


async def test_a_sensor_that_the_fleet_has_not_is_refused(http: httpx.AsyncClient) -> None:
    await http.post("/v1/start")
    refused = await http.post("/v1/faults", json={"fault": {"kind": "spike", "sensors": ["SENSOR_999"]}})
    assert (refused.status_code, refused.json()["code"]) == (422, "no_such_sensor")
    assert "SENSOR_001 to SENSOR_020" in refused.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"fault": {"kind": "flood"}},
        {"fault": {"kind": "spike", "factor": [2.5, 1.5]}},
        {"fault": {"kind": "spike", "rate": 2}},
        {"fault": {"kind": "spike"}, "duration_s": 0},
        {"fault": {"kind": "spike"}, "duration_s": 86_401},
        {"fault": {"kind": "spike"}, "duration": 5},
    ],
)
async def test_an_order_that_is_none_is_refused(http: httpx.AsyncClient, body: object) -> None:
    await http.post("/v1/start")
    refused = await http.post("/v1/faults", json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
    assert (await http.get("/v1/status")).json()["active_faults"] == []
