import gzip
import json
import zlib
from typing import Any

import httpx
import msgspec
import pytest
from backports import zstd
from fastapi import FastAPI

JSON = {"Content-Type": "application/json"}


async def post(client: httpx.AsyncClient, body: Any, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await client.post("/v1/readings", content=content, headers=JSON | headers)


async def test_one_reading_is_accepted(client: httpx.AsyncClient, producer: Any, a_reading: dict[str, Any]) -> None:
    answer = await post(client, a_reading)
    assert (answer.status_code, answer.json()) == (
        202,
        {"accepted": 1, "rejected": 0, "errors": [], "position": "0:1"},
    )
    assert str(producer.written[0].reading_id) == a_reading["reading_id"]


async def test_an_array_is_accepted_in_its_order(
    client: httpx.AsyncClient, producer: Any, a_reading: dict[str, Any]
) -> None:
    answer = await post(client, [a_reading | {"value": n} for n in range(5)])
    assert answer.json()["accepted"] == 5
    assert [reading.value for reading in producer.written] == [0, 1, 2, 3, 4]


async def test_a_missing_id_is_made_and_differs(
    client: httpx.AsyncClient, producer: Any, a_reading: dict[str, Any]
) -> None:
    del a_reading["reading_id"]
    assert (await post(client, [a_reading, a_reading])).status_code == 202
    first, second = (reading.reading_id for reading in producer.written)
    assert first.version == second.version == 7
    assert first != second


async def test_an_empty_array_is_legal(client: httpx.AsyncClient) -> None:
    answer = await post(client, [])
    assert (answer.status_code, answer.json()) == (202, {"accepted": 0, "rejected": 0, "errors": []})


async def test_part_of_a_batch_is_accepted_and_each_rejection_is_explained(
    client: httpx.AsyncClient, producer: Any, a_reading: dict[str, Any]
) -> None:
    answer = await post(client, [a_reading, a_reading | {"value": "warm"}, a_reading | {"value": 7e-06}])
    assert answer.status_code == 207
    result = answer.json()
    assert (result["accepted"], result["rejected"]) == (2, 1)
    assert result["errors"] == [
        {
            "index": 1,
            "pointer": "/value",
            "code": "invalid_field",
            "detail": "Expected `float`, got `str`; correct the field",
        }
    ]
    assert [reading.value for reading in producer.written] == [21.5, 7e-06]


ITEMS = [
    ({"value": None}, "/value", "invalid_field"),
    ({"value": True}, "/value", "invalid_field"),
    ({"value": "21.5"}, "/value", "invalid_field"),
    ({"value": [21.5]}, "/value", "invalid_field"),
    ({"battery_level": -0.1}, "/battery_level", "invalid_field"),
    ({"battery_level": 100.1}, "/battery_level", "invalid_field"),
    ({"sensor_id": ""}, "/sensor_id", "invalid_field"),
    ({"sensor_id": "has space"}, "/sensor_id", "invalid_field"),
    ({"sensor_id": "x" * 65}, "/sensor_id", "invalid_field"),
    ({"sensor_id": 17}, "/sensor_id", "invalid_field"),
    ({"sensor_type": "_hidden"}, "/sensor_type", "invalid_field"),
    ({"location": ""}, "/location", "invalid_field"),
    ({"unit": "u" * 33}, "/unit", "invalid_field"),
    ({"timestamp": "2026-03-01T12:00:00"}, "/timestamp", "invalid_field"),
    ({"timestamp": "yesterday"}, "/timestamp", "invalid_field"),
    ({"timestamp": "2026-02-30T12:00:00Z"}, "/timestamp", "invalid_field"),
    ({"timestamp": "0001-01-01T00:00:00+01:00"}, "/timestamp", "invalid_field"),
    ({"timestamp": 1772366400}, "/timestamp", "invalid_field"),
    ({"reading_id": "17"}, "/reading_id", "invalid_field"),
    ({"is_anomaly": "no"}, "/is_anomaly", "invalid_field"),
]


@pytest.mark.parametrize(("change", "pointer", "code"), ITEMS)
async def test_an_invalid_reading_is_rejected_with_what_is_wrong(
    client: httpx.AsyncClient, producer: Any, a_reading: dict[str, Any], change: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await post(client, a_reading | change)
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["pointer"], error["code"]) == (422, pointer, code)
    assert error["detail"]
    assert producer.written == []


@pytest.mark.parametrize("name", ["sensor_id", "sensor_type", "location", "value", "unit", "timestamp"])
async def test_a_missing_field_is_named(client: httpx.AsyncClient, a_reading: dict[str, Any], name: str) -> None:
    del a_reading[name]
    [error] = (await post(client, [a_reading])).json()["errors"]
    assert (error["pointer"], error["code"]) == (f"/{name}", "missing_field")


BODIES = [
    (b"", 400, "malformed_body"),
    (b"{", 400, "malformed_body"),
    (b'{"value": 1e}', 400, "malformed_body"),
    (b'[{"value": Infinity}]', 400, "malformed_body"),
    (b"[]]", 400, "malformed_body"),
    (b'"\xc3\x28"', 400, "malformed_body"),
    (b"[" * 5000, 400, "malformed_body"),
    (b"[" + b",".join([b"{}"] * 21) + b"]", 413, "too_many_readings"),
    (b" " * 10_001, 413, "body_too_large"),
]


@pytest.mark.parametrize(("body", "status", "code"), BODIES)
async def test_an_unusable_body_is_a_problem(client: httpx.AsyncClient, body: bytes, status: int, code: str) -> None:
    answer = await post(client, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("body", [b"17", b'"text"', b"null", b"true", b"[[]]", b"[null]"])
async def test_json_that_is_no_reading_is_rejected(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await post(client, body)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "not_an_object")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "application/json; charset=utf-8; charset=latin-1"},
        [("Content-Type", "application/json"), ("Content-Type", "application/x-ndjson")],
        [("Content-Type", "application/json"), ("Content-Encoding", "identity"), ("Content-Encoding", "gzip")],
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": ";;;"},
        {"Content-Type": "application/json", "Content-Encoding": "br"},
    ],
)
async def test_a_format_that_is_not_taken_is_a_problem(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await client.post("/v1/readings", content=b"[]", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "value", ["application/json; charset=UTF-8", "Application/JSON", 'application/json;charset="utf-8"']
)
async def test_the_media_type_may_be_written_in_any_way(client: httpx.AsyncClient, value: str) -> None:
    assert (await client.post("/v1/readings", content=b"[]", headers={"Content-Type": value})).status_code == 202


async def test_while_kafka_is_away_the_caller_is_told_to_come_back(
    client: httpx.AsyncClient, producer: Any, a_reading: dict[str, Any]
) -> None:
    producer.away = "No Kafka broker answers"
    answer = await post(client, a_reading)
    assert (answer.status_code, answer.json()["code"]) == (503, "kafka_unavailable")
    assert answer.headers["retry-after"] == "1"
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()["missing"]) == (503, {"kafka": "No Kafka broker answers"})
    producer.away = None
    assert (await post(client, a_reading)).status_code == 202


async def test_too_much_in_flight_is_refused_and_given_back(app: FastAPI, client: httpx.AsyncClient) -> None:
    budget = app.state.runtime.budget
    budget.acquire(19_999)
    answer = await post(client, [])
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "overloaded", "1")
    budget.release(19_999)
    assert (await post(client, [])).status_code == 202
    assert (await post(client, b"{")).status_code == 400
    assert budget.used_bytes == 0


async def exchange(app: FastAPI, headers: dict[bytes, bytes], chunks: list[dict[str, Any]]) -> tuple[int, int]:
    """Run the application on raw ASGI; returns the status and how many messages it has read."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": "/v1/readings",
        "raw_path": b"/v1/readings",
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "server": ("test", 80),
        "client": ("test", 1),
        "headers": [(b"host", b"127.0.0.1"), (b"content-type", b"application/json"), *headers.items()],
    }
    statuses: list[int] = []
    waiting = list(chunks)

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(scope, receive, send)
    return statuses[0], len(chunks) - len(waiting)


async def test_while_kafka_is_away_no_body_is_read(app: FastAPI, producer: Any) -> None:
    producer.away = "No Kafka broker answers"
    assert await exchange(app, {}, []) == (503, 0)


async def test_a_body_announced_too_large_is_refused_unread(app: FastAPI) -> None:
    assert await exchange(app, {b"content-length": b"10001"}, []) == (413, 0)


async def test_a_body_of_unknown_length_is_refused_as_soon_as_it_is_too_large(app: FastAPI) -> None:
    chunk = {"type": "http.request", "body": b" " * 4000, "more_body": True}
    assert await exchange(app, {b"transfer-encoding": b"chunked"}, [chunk] * 10) == (413, 3)


async def test_a_client_that_goes_away_is_no_error_of_ours(app: FastAPI) -> None:
    chunk = {"type": "http.request", "body": b"[]", "more_body": True}
    assert await exchange(app, {}, [chunk, {"type": "http.disconnect"}]) == (400, 2)
    assert app.state.runtime.budget.used_bytes == 0


@pytest.mark.parametrize("length", [b"-1", b"abc", "\u0664".encode(), b"9" * 30])
async def test_an_odd_content_length_is_no_error_of_ours(app: FastAPI, length: bytes) -> None:
    body = {"type": "http.request", "body": b"[]", "more_body": False}
    status, _ = await exchange(app, {b"content-length": length}, [body])
    assert status in (202, 413)


async def test_with_reject_a_batch_is_all_or_nothing(
    client: httpx.AsyncClient, producer: Any, a_reading: dict[str, Any]
) -> None:
    batch = [a_reading, a_reading | {"value": "warm"}, a_reading]
    answer = await client.post("/v1/readings?on_error=reject", json=batch)
    result = answer.json()
    assert (answer.status_code, result["accepted"], result["rejected"]) == (422, 0, 3)
    assert [error["index"] for error in result["errors"]] == [1]
    assert producer.written == []
    assert (await client.post("/v1/readings?on_error=reject", json=[a_reading])).status_code == 202
    for query in ("on_error=maybe", "on_error=reject&on_error=accept", "on_error=reject&on_error=reject"):
        answer = await client.post(f"/v1/readings?{query}", json=[a_reading])
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
        assert "on_error" in answer.json()["detail"]


@pytest.mark.parametrize("query", ["on_error=", "on_error", "on_error=&on_error=accept", "unknown=1&unknown=2"])
async def test_a_parameter_without_a_value_is_its_default(
    client: httpx.AsyncClient, producer: Any, a_reading: dict[str, Any], query: str
) -> None:
    answer = await client.post(f"/v1/readings?{query}", json=[a_reading, a_reading | {"value": "warm"}])
    assert (answer.status_code, len(producer.written)) == (207, 1)


@pytest.mark.parametrize("milliseconds", [1772366400000, 1772366400000.0])
async def test_epoch_milliseconds_are_rfc_3339_on_the_topic(
    client: httpx.AsyncClient, producer: Any, a_reading: dict[str, Any], milliseconds: float
) -> None:
    assert (await post(client, a_reading | {"timestamp": milliseconds})).status_code == 202
    assert b'"timestamp":"2026-03-01T12:00:00Z"' in msgspec.json.encode(producer.written[0])


@pytest.mark.parametrize(
    ("coding", "compress"), [("gzip", gzip.compress), ("x-gzip", gzip.compress), ("zstd", zstd.compress)]
)
async def test_a_body_may_be_compressed_in_one_frame_or_several(
    client: httpx.AsyncClient, producer: Any, a_reading: dict[str, Any], coding: str, compress: Any
) -> None:
    text = json.dumps([a_reading] * 15).encode()
    for body in (compress(text), compress(text[:100]) + compress(text[100:])):
        answer = await post(client, body, **{"Content-Encoding": coding})
        assert (answer.status_code, answer.json()["accepted"]) == (202, 15)


async def test_a_body_is_refused_before_it_is_decompressed_whole(app: FastAPI) -> None:
    bomb = gzip.compress(bytes(100_000_000))
    chunks = [
        {"type": "http.request", "body": bomb[at : at + 1000], "more_body": True} for at in range(0, len(bomb), 1000)
    ]
    assert await exchange(app, {b"content-encoding": b"gzip"}, chunks) == (413, 1)
    assert app.state.runtime.budget.used_bytes == 0


def gzip_without_its_end(text: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=31)
    return compressor.compress(text) + compressor.flush(zlib.Z_SYNC_FLUSH)


def zstd_without_its_end(text: bytes) -> bytes:
    return zstd.ZstdCompressor().compress(text, zstd.ZstdCompressor.FLUSH_BLOCK)


@pytest.mark.parametrize(("coding", "compress"), [("gzip", gzip_without_its_end), ("zstd", zstd_without_its_end)])
async def test_a_compressed_body_that_was_cut_at_the_end_of_a_line_is_refused(
    client: httpx.AsyncClient, producer: Any, a_reading: dict[str, Any], coding: str, compress: Any
) -> None:
    headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": coding}
    answer = await client.post(
        "/v1/readings", content=compress(json.dumps(a_reading).encode() + b"\n"), headers=headers
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_body")
    assert producer.written == []
