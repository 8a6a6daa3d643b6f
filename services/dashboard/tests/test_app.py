"""The whole application without Kafka and query-api: it lives, says what it lacks, and serves the page."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from dashboard.app import create_app
from dashboard.settings import Settings

NOWHERE = "127.0.0.1:9"


@pytest.fixture
async def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<!doctype html>")
    (dist / "assets" / "main-ABCD.js").write_text("1")
    app: FastAPI = create_app(
        Settings(
            kafka_bootstrap_servers=NOWHERE,
            query_api_url=f"http://{NOWHERE}",
            simulator_url=f"http://{NOWHERE}",
            ingest_api_url=f"http://{NOWHERE}",
            stream_processor_url=f"http://{NOWHERE}",
            static_dir=dist,
            query_timeout_ms=500,
        )
    )
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as client,
    ):
        yield client


async def test_it_lives_without_its_dependencies_and_names_them(client: httpx.AsyncClient) -> None:
    assert (await client.get("/livez")).status_code == 200
    answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["missing"].keys() == {"kafka", "query-api"}, "the demo's simulator may be away"


async def test_the_page_is_asked_for_anew_and_its_assets_are_kept_for_good(client: httpx.AsyncClient) -> None:
    assert (await client.get("/")).headers["cache-control"] == "no-cache"
    asset = await client.get("/assets/main-ABCD.js")
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert asset.headers["content-type"].startswith("text/javascript")
    assert (await client.get("/assets/main-OLD.js")).json()["code"] == "not_found"


async def test_every_answer_forbids_what_the_page_does_not_need(client: httpx.AsyncClient) -> None:
    for path in ("/", "/assets/main-ABCD.js", "/nowhere", "/livez"):
        headers = (await client.get(path)).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "unsafe" not in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


async def test_history_that_is_away_is_a_problem_that_names_it(client: httpx.AsyncClient) -> None:
    empty = ("/api/stats?group_by=&from=&to&sensor_id=", "/api/readings?sensor_id=A&limit=&from=")
    added = (
        *("/api/timeseries?from=now-24h&interval=1h&group_by=sensor_type", "/api/locations?from=now-24h"),
        *("/api/latest?sensor_id=A", "/api/battery", "/api/anomalies?from=now-1h", "/api/alerts?severity=high"),
        "/api/alerts/SENSOR_001:temperature",
    )
    for path in ("/api/summary", "/api/stats", "/api/readings?sensor_id=A", *empty, *added):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (503, "history_unavailable")
        assert NOWHERE in answer.json()["detail"]


async def test_a_simulator_that_is_away_is_a_problem_that_names_it(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/simulator")
    assert (answer.status_code, answer.json()["code"]) == (503, "simulator_unavailable")
    assert NOWHERE in answer.json()["detail"]


async def test_there_is_no_open_proxy(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/sql")).status_code == 404
    assert (await client.get("/api/stats?url=http://evil.example.org")).status_code == 422
    assert (await client.get("/api/timeseries?from=yesterday")).status_code == 422
    assert (await client.get("/api/alerts/..%2Fsql")).status_code == 405, "no address but for changes"
    assert (await client.post("/api/alerts/..%2Facknowledge", json={})).status_code == 422
    assert (await client.get("/api/alerts/%2E%2E")).status_code in (404, 422)
    assert (await client.post("/api/alerts/A/delete", json={})).status_code == 422


async def test_changes_of_alerts_are_small_json(client: httpx.AsyncClient) -> None:
    path = "/api/alerts/A/acknowledge"
    assert (await client.post(path, json={"by": "Amina"})).json()["code"] == "history_unavailable"
    assert (await client.post(path, content=b"by=Amina")).status_code == 415
    assert (await client.post(path, json={"note": "n" * 5000})).status_code == 413


async def test_only_thresholds_of_a_sensor_are_changed(client: httpx.AsyncClient) -> None:
    path = "/api/sensors/SENSOR_001"
    since = {"unchanged_since": "2026-03-01T12:00:00.123456Z"}
    passed_on = await client.patch(path, params=since, json={"low": None, "high": 8})
    assert passed_on.json()["code"] == "history_unavailable", "it goes on to query-api"
    bodies: tuple[Any, ...] = ({"low": 1}, {"low": "cold", "high": 8}, {"low": 1, "high": 8, "name": "mine"}, [])
    for body in bodies:
        answer = await client.patch(path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request"), body
        assert answer.json()["detail"].startswith("body: ")
    assert (await client.patch(path, content=b"low=1")).status_code == 415
    assert (await client.patch(path, params={"force": "1"}, json={"low": 1, "high": 8})).status_code == 422
    assert (await client.patch("/api/sensors/..%2Frules", json={"low": 1, "high": 8})).status_code in (404, 422)


async def test_a_rule_is_tried_out_by_query_api(client: httpx.AsyncClient) -> None:
    for answer in (
        await client.get("/api/sensors/SENSOR_001"),
        await client.get("/api/rules/abnormal-value"),
        await client.post("/api/rules/backtest", json={"rule": {}}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (503, "history_unavailable")
    assert (await client.post("/api/rules/backtest", content=b"{}")).status_code == 415
    assert (await client.post("/api/rules", json={})).status_code == 404, "no rule is made by the page"


async def test_the_pipeline_is_answered_while_all_others_are_away(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/pipeline")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    stages = {stage["name"]: stage for stage in answer.json()["stages"]}
    assert {name for name, stage in stages.items() if stage["health"] == "no_answer"} >= {"simulator", "query-api"}
    assert NOWHERE in stages["query-api"]["reason"]
    missing = (await client.get("/readyz")).json()["missing"]
    assert stages["dashboard"]["reason"] == "; ".join(f"{name}: {reason}" for name, reason in missing.items())


@pytest.mark.parametrize("path", ["/api/readings?sensor_id=", "/api/readings?sensor_id=A&sensor_id=B"])
async def test_readings_are_asked_of_one_sensor(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert "query.sensor_id" in answer.json()["detail"]
