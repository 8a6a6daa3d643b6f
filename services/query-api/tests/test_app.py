"""The service over HTTP, with everything that it depends on away."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import REGISTRY

from query_api.app import create_app
from query_api.lakehouse.view import View
from query_api.runtime import Runtime
from query_api.settings import Settings
from service_kit.testing import wait_until

NOBODY = "127.0.0.1:1"


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[FastAPI]:
    for collector in list(REGISTRY._collector_to_names):
        REGISTRY.unregister(collector)
    app = create_app(
        Settings(
            kafka_bootstrap_servers=NOBODY,
            hdfs_uri=f"hdfs://{NOBODY}",
            metastore_uri=f"thrift://{NOBODY}",
            cache_dir=tmp_path,
        )
    )
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
        yield http


@pytest.fixture
def holding(app: FastAPI, view: View) -> Runtime:
    """As if it had caught up with `view`."""
    runtime: Runtime = app.state.runtime
    runtime.store.view = view
    runtime.consumer.caught_up = True
    return runtime


async def test_it_lives_without_its_dependencies_and_names_them(http: httpx.AsyncClient, app: FastAPI) -> None:
    runtime: Runtime = app.state.runtime
    await wait_until(
        lambda: "no metastore" in (runtime.adoption.problem or ""), deadline_s=5, otherwise="the table is not missed"
    )
    assert (await http.get("/livez")).status_code == 200
    ready = await http.get("/readyz")
    assert ready.status_code == 503
    assert set(ready.json()["missing"]) == {"table", "kafka", "tail"}
    assert "no answers yet" in ready.json()["missing"]["table"]


@pytest.mark.parametrize("path", ["/v1/stats", "/v1/readings", "/v1/summary"])
async def test_before_it_has_caught_up_it_asks_to_come_back(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "catching_up"


async def test_its_status_answers_also_before(http: httpx.AsyncClient) -> None:
    status = (await http.get("/v1/status")).json()
    assert (status["caught_up"], status["snapshot"]) == (False, None)


@pytest.mark.usefixtures("holding")
async def test_what_is_held_is_answered_while_dependencies_are_away(http: httpx.AsyncClient) -> None:
    answer = (await http.get("/v1/stats?group_by=sensor_type&group_by=location&location=Tangier-Port")).json()
    assert answer["rows"] == [
        {
            "sensor_type": "temperature",
            "location": "Tangier-Port",
            "count": 5,
            "mean": 3.0,
            "min": 1.0,
            "max": 5.0,
            "stddev": pytest.approx(2.5**0.5),
            "anomalies": 1,
        }
    ]
    assert answer["tail"] == {"readings": 1, "complete": True}
    assert answer["snapshot"] == {"id": 1, "committed_at": "2026-03-01T12:00:00Z", "offsets": {"0": 3}}
    assert len((await http.get("/v1/readings?limit=2")).json()["readings"]) == 2
    assert (await http.get("/v1/summary")).json()["readings"] == 6


@pytest.mark.usefixtures("holding")
async def test_a_missing_figure_is_null_and_not_left_out(http: httpx.AsyncClient) -> None:
    [row] = (await http.get("/v1/stats?sensor_id=NOBODY")).json()["rows"]
    assert row == {"count": 0, "mean": None, "min": None, "max": None, "stddev": None, "anomalies": 0}


@pytest.mark.usefixtures("holding")
@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/v1/stats?from=yesterday", "from"),
        ("/v1/stats?from=2026-03-01T12:00:00%2001:00", "%2B"),
        ("/v1/stats?from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z", "later than"),
        ("/v1/stats?group_by=colour", "group_by"),
        ("/v1/stats?sensor=SENSOR_001", "sensor"),
        ("/v1/readings?limit=10001", "limit"),
        ("/v1/readings?source=nowhere", "source"),
        ("/v1/readings?limit=1&limit=2", "query.limit"),
        ("/v1/readings?source=table&source=table", "query.source"),
        ("/v1/stats?from=2026-03-01T12:00:00Z&from=2026-03-01T13:00:00Z", "query.from"),
        ("/v1/stats?to=2026-03-01T12:00:00Z&to=2026-03-01T13:00:00Z", "query.to"),
    ],
)
async def test_a_question_that_makes_no_sense_is_a_clear_422(http: httpx.AsyncClient, path: str, names: str) -> None:
    answer = await http.get(path)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert names in answer.json()["detail"]


@pytest.mark.usefixtures("holding")
@pytest.mark.parametrize(
    ("path", "empty"),
    [
        ("/v1/stats", "?from=&to=&sensor_id=&sensor_type=&location=&group_by=&source="),
        ("/v1/readings", "?from=&to=&sensor_id=&sensor_type&location&limit=&source="),
        ("/v1/readings?limit=2", "&from=&limit=&source"),
        ("/v1/stats?sensor_id=SENSOR_1&sensor_id=SENSOR_2", "&sensor_id=&unknown="),
    ],
)
async def test_a_parameter_without_a_value_is_none(http: httpx.AsyncClient, path: str, empty: str) -> None:
    answer, plain = await http.get(path + empty), await http.get(path)
    assert (answer.status_code, answer.json()) == (200, plain.json())


async def test_its_metrics_say_what_is_held(http: httpx.AsyncClient, holding: Runtime) -> None:
    text = (await http.get("/metrics")).text
    assert f"query_tail_rows {float(holding.store.view.tail.rows)}" in text
    assert "query_snapshot_files 1.0" in text
