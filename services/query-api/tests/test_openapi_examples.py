"""Whatever the OpenAPI document allows, and much that it does not, is answered as the document says."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
import sqlalchemy as sa
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from prometheus_client import REGISTRY
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from query_api.app import create_app
from query_api.settings import Settings
from query_api.view.view import View

NOBODY = "127.0.0.1:1"
LONGEST_URL = 32_000
# 1,000 examples of what is kept in the database.
PEOPLE = {
    "GET /v1/alerts": 150,
    "GET /v1/alerts/{alert_id}": 20,
    "POST /v1/alerts/{alert_id}/acknowledge": 30,
    "POST /v1/alerts/{alert_id}/snooze": 30,
    "POST /v1/alerts/{alert_id}/resolve": 30,
    "GET /v1/silences": 5,
    "POST /v1/silences": 70,
    "POST /v1/silences/preview": 50,
    "DELETE /v1/silences/{silence_id}": 20,
    "GET /v1/inhibitions": 5,
    "POST /v1/inhibitions": 70,
    "POST /v1/inhibitions/preview": 50,
    "DELETE /v1/inhibitions/{inhibition_id}": 20,
    "GET /v1/rules": 5,
    "POST /v1/rules": 80,
    "POST /v1/rules/backtest": 80,
    "GET /v1/rules/{rule_id}": 20,
    "GET /v1/rules/{rule_id}/versions": 20,
    "PUT /v1/rules/{rule_id}": 40,
    "DELETE /v1/rules/{rule_id}": 15,
    "GET /v1/sensors": 60,
    "GET /v1/sensors.csv": 5,
    "POST /v1/sensors.csv": 30,
    "GET /v1/sensors/{sensor_id}": 15,
    "PUT /v1/sensors/{sensor_id}": 40,
    "PATCH /v1/sensors/{sensor_id}": 30,
    "GET /v1/webhooks": 5,
    "POST /v1/webhooks": 60,
    "DELETE /v1/webhooks/{webhook_id}": 15,
    "GET /v1/webhooks/{webhook_id}/deliveries": 30,
}


@pytest.fixture
def base_url(tmp_path: Path, database_url: sa.URL, postgres: Path, view: View) -> Iterator[str]:
    """A service that listens, with a database and readings, without Kafka."""
    for collector in list(REGISTRY._collector_to_names):
        REGISTRY.unregister(collector)
    app = create_app(
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
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    _wait(lambda: server.started)
    app.state.runtime.store.view = view
    app.state.runtime.consumer.caught_up = True
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    _wait(lambda: bool(httpx.get(f"{url}/v1/rules").json().get("rules")))
    yield url
    server.should_exit = True
    thread.join()


def _wait(condition: Callable[[], bool], deadline_s: float = 30) -> None:
    clock = threading.Event()
    for _ in range(int(deadline_s / 0.05)):
        if condition():
            return
        clock.wait(0.05)
    raise AssertionError("the service does not start")


@pytest.mark.timeout(600)
def test_every_example_is_answered_as_the_document_says(base_url: str) -> None:
    document = httpx.get(f"{base_url}/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=base_url)
    for label, number in PEOPLE.items():
        method, path = label.split()
        _ask(schema[path][method], number)


def _ask(operation: Any, examples: int) -> None:
    @settings(
        max_examples=examples,
        database=None,
        derandomize=True,
        phases=(Phase.explicit, Phase.generate),
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    )
    def conforms(case: "Case[Any]") -> None:
        answer = case.call()
        assert answer.status_code < 500, answer.text
        if len(answer.request.url or "") > LONGEST_URL:
            return  # the server refuses it before the service sees it
        case.validate_response(
            answer,
            checks=[
                status_code_conformance,
                content_type_conformance,
                response_headers_conformance,
                response_schema_conformance,
            ],
        )

    conforms()
