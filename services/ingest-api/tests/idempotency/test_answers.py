import asyncio
import json
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from ingest_api.idempotency.repository import Repository
from ingest_api.metrics import Metrics

KEY = {"Content-Type": "application/json", "Idempotency-Key": '"batch-17"'}


async def post(client: httpx.AsyncClient, body: Any, headers: dict[str, str] = KEY) -> httpx.Response:
    return await client.post("/v1/readings", content=json.dumps(body).encode(), headers=headers)


@pytest.fixture
def without_id(a_reading: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in a_reading.items() if name != "reading_id"}


async def test_a_repetition_gets_the_first_answer_and_nothing_is_written_again(
    client: httpx.AsyncClient, producer: Any, a_reading: dict[str, Any]
) -> None:
    batch = [a_reading, a_reading | {"value": "warm"}]
    first, again = await post(client, batch), await post(client, batch)
    assert (first.status_code, again.status_code) == (207, 207)
    assert first.content == again.content
    assert first.headers["content-type"] == again.headers["content-type"]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert len(producer.written) == 1


async def test_the_same_key_with_another_body_is_refused(
    client: httpx.AsyncClient, producer: Any, a_reading: dict[str, Any]
) -> None:
    await post(client, a_reading)
    answer = await post(client, a_reading | {"value": 22})
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert len(producer.written) == 1


async def test_while_the_first_runs_a_repetition_is_told_to_wait(
    client: httpx.AsyncClient, producer: Any, a_reading: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def write(readings: Any) -> dict[int, int]:
        reached.set()
        await go_on.wait()
        return {}

    monkeypatch.setattr(producer, "write", write)
    first = asyncio.create_task(post(client, a_reading))
    await reached.wait()
    meanwhile = await post(client, a_reading)
    assert (meanwhile.status_code, meanwhile.json()["code"]) == (409, "request_running")
    assert meanwhile.headers["retry-after"] == "1"
    go_on.set()
    assert (await first).status_code == 202
    assert (await post(client, a_reading)).headers["idempotency-replayed"] == "true"


async def test_what_kafka_has_not_acknowledged_is_tried_again_with_the_same_ids(
    client: httpx.AsyncClient, producer: Any, without_id: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[list[Any]] = []
    write = producer.write

    async def remember(readings: Any) -> Any:
        attempts.append([reading.reading_id for reading in readings])
        return await write(readings)

    monkeypatch.setattr(producer, "write", remember)
    producer.lost_after_acceptance = True
    assert (await post(client, [without_id, without_id])).status_code == 503
    producer.lost_after_acceptance = False
    answer = await post(client, [without_id, without_id])
    assert (answer.status_code, answer.headers.get("idempotency-replayed")) == (202, None)
    assert attempts[0] == attempts[1]
    assert len(set(attempts[0])) == 2


async def test_a_retry_after_everything_is_forgotten_makes_the_same_ids(
    client: httpx.AsyncClient, producer: Any, without_id: dict[str, Any], repository: Repository
) -> None:
    await post(client, without_id)
    repository._database.execute("DELETE FROM requests")
    await post(client, without_id)
    first, again = producer.written
    assert first.reading_id == again.reading_id


async def test_a_request_without_a_key_is_never_a_repetition(
    client: httpx.AsyncClient, producer: Any, without_id: dict[str, Any], metrics: Metrics
) -> None:
    headers = {"Content-Type": "application/json"}
    await post(client, without_id, headers)
    await post(client, without_id, headers)
    first, again = producer.written
    assert first.reading_id != again.reading_id


@pytest.mark.parametrize("body", [b"{", b"[" + b",".join([b"{}"] * 21) + b"]"])
async def test_a_refused_body_leaves_the_key_free(
    client: httpx.AsyncClient, a_reading: dict[str, Any], body: bytes
) -> None:
    assert (await client.post("/v1/readings", content=body, headers=KEY)).status_code in (400, 413)
    assert (await post(client, a_reading)).status_code == 202


async def test_a_key_that_is_none_is_refused(client: httpx.AsyncClient, a_reading: dict[str, Any]) -> None:
    answer = await post(client, a_reading, KEY | {"Idempotency-Key": '"'})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_idempotency_key")


async def test_a_file_that_can_t_be_used_is_said_and_keyless_requests_go_on(
    client: httpx.AsyncClient, a_reading: dict[str, Any], repository: Repository
) -> None:
    repository._database.execute("DROP TABLE requests")
    answer = await post(client, a_reading)
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (
        503,
        "idempotency_unavailable",
        "1",
    )
    assert (await post(client, a_reading, {"Content-Type": "application/json"})).status_code == 202


async def test_keyed_requests_are_counted_by_what_became_of_them(
    client: httpx.AsyncClient, a_reading: dict[str, Any], metrics: Metrics, app: FastAPI
) -> None:
    for body in (a_reading, a_reading, a_reading | {"value": 22}):
        await post(client, body)
    counts = {
        outcome: metrics.keyed_requests.labels(outcome)._value.get() for outcome in ("first", "replayed", "different")
    }
    assert counts == {"first": 1, "replayed": 1, "different": 1}


async def test_line_protocol_is_answered_once_too(client: httpx.AsyncClient, producer: Any) -> None:
    line = b"climate,sensor_id=SENSOR_001,location=Tangier-Centre temperature=21.5 1772366400000000000"
    headers = {"Idempotency-Key": "batch-18"}
    first, again = [await client.post("/api/v2/write", content=line, headers=headers) for _ in range(2)]
    assert (first.status_code, again.status_code) == (204, 204)
    assert again.headers["idempotency-replayed"] == "true"
    other = await client.post("/api/v2/write?precision=s", content=line, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "unprocessable entity")
    assert len(producer.written) == 1
