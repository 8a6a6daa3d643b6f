"""The service over HTTP, with everything that it depends on away."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import REGISTRY

from query_api.app import create_app
from query_api.runtime import Runtime
from query_api.settings import Settings
from query_api.view.view import View
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
            database_port=1,
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
        lambda: "no metastore" in (runtime.refresher.problem or ""), deadline_s=5, otherwise="the table is not missed"
    )
    assert (await http.get("/livez")).status_code == 200
    ready = await http.get("/readyz")
    assert ready.status_code == 503
    assert set(ready.json()["missing"]) == {"table", "kafka", "tail", "postgres"}
    assert "no answers yet" in ready.json()["missing"]["table"]


@pytest.mark.parametrize("path", ["timeseries", "latest", "locations", "anomalies", "battery", "summary"])
async def test_each_address_answers_over_http(http: httpx.AsyncClient, holding: Runtime, path: str) -> None:
    answer = await http.get(f"/v1/{path}")
    assert answer.status_code == 200, answer.text
    assert answer.json()["snapshot"]["id"] == 1


@pytest.mark.usefixtures("holding")
async def test_sql_is_answered_in_the_form_that_is_asked_for(http: httpx.AsyncClient) -> None:
    body = {
        "sql": "SELECT sensor_type, count(*) AS n, max(event_timestamp) AS t FROM iot.readings GROUP BY 1",
        "limit": 5,
    }
    [counted] = (await http.get("/v1/stats?group_by=sensor_type")).json()["rows"]
    answer = (await http.post("/v1/sql", json=body)).json()
    assert answer["columns"][:2] == [{"name": "sensor_type", "type": "VARCHAR"}, {"name": "n", "type": "BIGINT"}]
    assert answer["rows"][0][:2] == ["temperature", counted["count"]]
    assert (answer["truncated"], answer["snapshot"]["id"]) == (False, 1)
    for form, first in (("text/csv", b"sensor_type,n,t\r\n"), ("application/x-ndjson", b'{"sensor_type":"temp')):
        rows = await http.post("/v1/sql", json=body, headers={"accept": form})
        assert rows.headers["content-type"].startswith(form)
        assert rows.content.startswith(first)
    refused = await http.post("/v1/sql", json={"sql": "DROP TABLE x"})
    assert (refused.status_code, refused.json()["code"]) == (422, "sql_refused")


@pytest.mark.usefixtures("holding")
async def test_named_queries_are_listed_and_answered(http: httpx.AsyncClient) -> None:
    listed = (await http.get("/v1/queries")).json()["queries"]
    assert {query["group"] for query in listed} == {
        "descriptive", "anomalies", "temporal", "battery", "types", "advanced", "views",
    }  # fmt: skip
    answer = await http.get("/v1/queries/descriptive-statistics?from=2000-01-01T00:00:00Z")
    [counted] = (await http.get("/v1/stats?group_by=sensor_type")).json()["rows"]
    assert answer.json()["rows"][0][2] == counted["count"]
    assert (await http.get("/v1/queries/nothing")).status_code == 404
    assert (await http.get("/v1/queries/by-hour?form=now")).json()["code"] == "invalid_parameter"
    tables = (await http.get("/v1/sql/schema")).json()["tables"]
    assert [table["name"] for table in tables] == [
        f"iot.{name}" for name in ("readings", "anomalies", "latest", "hourly", "minutely")
    ]
    assert all(column["description"] for table in tables for column in table["columns"])


@pytest.mark.parametrize("query", ["from=now-1y", "from=now-999999w", "interval=7s", "points=0", "from=now&to=now-1h"])
async def test_a_question_that_makes_no_sense_is_refused(http: httpx.AsyncClient, holding: Runtime, query: str) -> None:
    answer = await http.get(f"/v1/timeseries?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/v1/stats", "/v1/readings", "/v1/summary", "/v1/timeseries", "/v1/latest"])
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
    assert (answer.status_code, without_time(answer)) == (200, without_time(plain))


def without_time(answer: httpx.Response) -> dict[str, object]:
    return {name: part for name, part in answer.json().items() if name != "as_of"}


async def test_its_metrics_say_what_is_held(http: httpx.AsyncClient, holding: Runtime) -> None:
    text = (await http.get("/metrics")).text
    assert f"query_tail_rows {float(holding.store.view.tail.rows)}" in text
    assert "query_snapshot_files 1.0" in text
