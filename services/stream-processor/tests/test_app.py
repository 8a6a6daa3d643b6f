"""The whole service while Kafka is away and Spark's connectors are missing: it answers, and says so."""

import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from service_kit.testing import wait_until
from stream_processor.app import create_app
from stream_processor.batches.micro_batch import BatchReport
from stream_processor.metrics import Metrics
from stream_processor.settings import Settings


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[FastAPI]:
    with socket.socket() as taken:
        # Bound and not listened to: a connection is refused.
        taken.bind(("127.0.0.1", 0))
        nobody = f"127.0.0.1:{taken.getsockname()[1]}"
        app = create_app(Settings(kafka_bootstrap_servers=nobody, jars_dir=tmp_path))
        async with app.router.lifespan_context(app):
            yield app


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


async def test_readiness_names_kafka_and_why_the_query_does_not_run(http: httpx.AsyncClient) -> None:
    async def reason() -> str | None:
        missing = (await http.get("/readyz")).json()["missing"]
        return missing["streaming query"] if "not in" in missing["streaming query"] else None

    assert "iceberg-spark-runtime" in await wait_until(reason, deadline_s=10, otherwise="the job did not fail")
    answer = await http.get("/readyz")
    assert answer.status_code == 503
    assert "no answer from Kafka at 127.0.0.1:" in answer.json()["missing"]["kafka"]
    assert (await http.get("/livez")).status_code == 200


async def test_the_status_of_a_job_that_has_done_nothing_yet(http: httpx.AsyncClient) -> None:
    status = (await http.get("/v1/status")).json()
    assert status["trouble"]
    assert (status["offsets"], status["snapshot_id"], status["last_batch"]) == ({}, None, None)


async def test_the_status_tells_the_last_batch(app: FastAPI, http: httpx.AsyncClient) -> None:
    finished_at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    report = BatchReport(7, messages=5, stored=3, invalid=1, repeated=1, steps_s={"read": 0.1}, finished_at=finished_at)
    app.state.runtime.job.state.last_batch = report
    last = (await http.get("/v1/status")).json()["last_batch"]
    assert (last["batch_id"], last["messages"], last["repeated"], last["steps_s"]) == (7, 5, 1, {"read": 0.1})
    assert last["finished_at"] == "2026-03-01T12:00:00Z"


async def test_deriving_before_the_tables_exist_is_answered_with_when_to_come_again(http: httpx.AsyncClient) -> None:
    answer = await http.post("/v1/derive")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["code"] == "job_not_running"


def test_each_batch_is_counted_by_what_became_of_its_messages() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    for batch_id in (0, 1):
        metrics.observe(BatchReport(batch_id, messages=6, stored=3, invalid=2, repeated=1, anomalies=1))
    outcomes = ("stored", "invalid", "repeated")
    counted = [registry.get_sample_value("stream_readings_total", {"outcome": outcome}) for outcome in outcomes]
    assert counted == [6, 4, 2]
    assert registry.get_sample_value("stream_anomalies_total") == 2
