"""The addresses of the database over HTTP, with PostgreSQL and without."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from prometheus_client import REGISTRY

from query_api.app import create_app
from query_api.settings import Settings
from service_kit.testing import wait_until

NOBODY = "127.0.0.1:1"
RULE = {"rule_id": "warm", "name": "Warm", "severity": "high", "parameters": {"kind": "threshold", "above": 30}}


@pytest.fixture
async def http(tmp_path: Path, database_url: sa.URL, postgres: Path) -> AsyncIterator[httpx.AsyncClient]:
    for collector in list(REGISTRY._collector_to_names):
        REGISTRY.unregister(collector)
    app: FastAPI = create_app(
        Settings(
            kafka_bootstrap_servers=NOBODY,
            hdfs_uri=f"hdfs://{NOBODY}",
            metastore_uri=f"thrift://{NOBODY}",
            cache_dir=tmp_path,
            database_host=str(postgres),
            database_name=str(database_url.database),
            database_user="postgres",
            database_port=5432,
        )
    )
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http,
    ):

        async def has_rules() -> bool:
            answer = await http.get("/v1/rules")
            return answer.status_code == 200 and bool(answer.json()["rules"])

        await wait_until(has_rules, deadline_s=20, otherwise="the default rules are not there")
        yield http


async def test_every_address_answers(http: httpx.AsyncClient) -> None:
    assert (await http.get("/v1/alerts")).json() == {
        "alerts": [],
        "open": {"high": 0, "medium": 0, "low": 0},
        "next_page_token": None,
    }
    assert (await http.post("/v1/rules", json=RULE)).status_code == 201
    assert (await http.post("/v1/rules", json=RULE)).status_code == 409
    assert (await http.put("/v1/rules/warm", json={**RULE, "name": "Warmer"})).json()["rule"]["version"] == 2
    assert (await http.put("/v1/sensors/S1", json={"name": "Door"})).json()["status"] == "never_seen"
    assert (await http.patch("/v1/sensors/S1", json={"high": 8})).json()["high"] == 8.0
    assert (await http.get("/v1/sensors.csv")).text.splitlines()[1] == "S1,Door,,,,8.0,,,"
    assert (await http.post("/v1/sensors.csv", content="sensor_id\nS2")).json() == {"sensors": 1, "changed": 1}
    silence = {"matcher": {"sensor_id": ["S1"]}, "until": "2100-01-01T00:00:00Z", "reason": "works", "by": "ana"}
    made = await http.post("/v1/silences", json=silence)
    assert made.status_code == 201
    assert not (await http.delete(f"/v1/silences/{made.json()['silence_id']}")).json()["active"]
    rule = {"source": {"sensor_id": ["S1"]}, "target": {"sensor_id": ["S2"]}, "equal": ["location"]}
    assert (await http.post("/v1/inhibitions/preview", json=rule)).json() == {"inhibited_alerts": 0, "sensors": []}
    made = await http.post("/v1/inhibitions", json={**rule, "reason": "behind it", "by": "ana"})
    assert (await http.get("/v1/inhibitions")).json()["inhibitions"][-1] == made.json()
    assert (await http.delete(f"/v1/inhibitions/{made.json()['inhibition_id']}")).status_code == 204
    hook = await http.post("/v1/webhooks", json={"name": "x", "url": "https://example.org/"})
    assert hook.json()["secret"].startswith("whsec_")
    assert "secret" not in (await http.get("/v1/webhooks")).json()["webhooks"][0]
    address = f"/v1/webhooks/{hook.json()['webhook_id']}"
    assert (await http.get(f"{address}/deliveries")).json() == {"deliveries": []}
    assert (await http.delete(address)).status_code == 204


async def test_a_body_that_is_no_text_is_a_clear_422(http: httpx.AsyncClient) -> None:
    answer = await http.post("/v1/silences/preview", content=b"\xff", headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize(
    "path", ["/v1/alerts?page_token=x", "/v1/alerts?sensor_id=%00", "/v1/sensors?page_token=%00", "/v1/rules/%00"]
)
async def test_a_question_that_makes_no_sense_is_a_clear_422(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(path)).status_code == 422
