"""InfluxDB's write addresses: their statuses and their own error bodies."""

import gzip
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

PATHS = ["/write", "/api/v2/write", "/api/v3/write_lp"]
INSTANT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", [b"", b"\n# nothing\n", b'system uptime_format="1 day"', b"m v=1\r\nm v=2\r\n"])
async def test_what_is_legal_is_answered_204(client: httpx.AsyncClient, path: str, body: bytes) -> None:
    answer = await client.post(path, content=body)
    assert (answer.status_code, answer.content) == (204, b"")


async def test_telegraf_writes_gzip_with_a_token(client: httpx.AsyncClient, producer: Any) -> None:
    answer = await client.post(
        "/api/v2/write?org=o&bucket=b",
        content=gzip.compress(b"cpu,cpu=cpu0,host=web1 usage_idle=98.2,usage_user=1.25 1772366400000000000\n"),
        headers={
            "Content-Encoding": "gzip",
            "Content-Type": "text/plain; charset=utf-8",
            "Authorization": "Token t",
        },
    )
    assert answer.status_code == 204
    found = [(r.sensor_id, r.sensor_type, r.value, r.unit, r.timestamp) for r in producer.written]
    assert found == [
        ("web1:cpu0", "cpu_usage_idle", 98.2, "1", INSTANT),
        ("web1:cpu0", "cpu_usage_user", 1.25, "1", INSTANT),
    ]


@pytest.mark.parametrize(
    ("path", "time"),
    [
        ("/write", 1772366400_000_000_000),
        ("/write?precision=", 1772366400_000_000_000),
        ("/write?db=iot&precision", 1772366400_000_000_000),
        ("/write?precision=s", 1772366400),
        ("/write?precision=h", 492324),
        ("/api/v2/write", 1772366400_000_000_000),
        ("/api/v2/write?org=&bucket=iot&precision=", 1772366400_000_000_000),
        ("/api/v2/write?precision=&bucket=a&bucket=b&precision=ms", 1772366400_000),
        ("/api/v2/write?precision=us", 1772366400_000_000),
        ("/api/v2/write?precision=ms", 1772366400_000),
        ("/api/v3/write_lp", 1772366400),
        ("/api/v3/write_lp?precision=&accept_partial=", 1772366400),
        ("/api/v3/write_lp?precision=auto", 1772366400_000),
        ("/api/v3/write_lp?precision=auto", 1772366400_000_000),
        ("/api/v3/write_lp?precision=auto", 1772366400_000_000_000),
        ("/api/v3/write_lp?precision=second", 1772366400),
    ],
)
async def test_the_precision_is_the_one_asked_for(
    client: httpx.AsyncClient, producer: Any, path: str, time: int
) -> None:
    if "=h" in path:
        time = int(INSTANT.timestamp()) // 3600
    assert (await client.post(path, content=f"m value=1 {time}".encode())).status_code == 204
    assert [reading.timestamp for reading in producer.written] == [INSTANT]


async def test_without_partial_writes_nothing_is_taken(client: httpx.AsyncClient, producer: Any) -> None:
    answer = await client.post("/api/v3/write_lp?accept_partial=false", content=b"m value=1\nm value=\nm value=2")
    assert answer.status_code == 400
    assert answer.json() == {
        "error": "parsing failed for write_lp endpoint",
        "data": {
            "original_line": "m value=",
            "line_number": 2,
            "error_message": "missing field key or field value; a field is `key=value`, a string value stands in "
            "double quotes",
        },
    }
    assert producer.written == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/write", {"error": "No Kafka broker answers"}),
        ("/api/v2/write", {"code": "unavailable", "message": "No Kafka broker answers"}),
        ("/api/v3/write_lp", {"error": "No Kafka broker answers", "data": None}),
    ],
)
async def test_while_kafka_is_away_each_version_says_it_in_its_words(
    client: httpx.AsyncClient, producer: Any, path: str, body: dict[str, Any]
) -> None:
    producer.away = "No Kafka broker answers"
    answer = await client.post(path, content=b"m value=1")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    text = next(key for key in ("message", "error") if key in body)
    assert answer.json()[text].startswith("No Kafka broker answers")
    assert answer.json() | {text: body[text]} == body
    health = await client.get("/health")
    assert (health.status_code, health.json()["status"]) == (503, "fail")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("query", "headers", "body", "status"),
    [
        ("?precision=fortnight", {}, b"m value=1", 400),
        ("?precision=s&precision=ns", {}, b"m value=1", 400),
        ("?precision=s&precision=s", {}, b"m value=1", 400),
        ("", {"Content-Encoding": "br"}, b"m value=1", 415),
        ("", {"Content-Encoding": "gzip"}, b"m value=1", 400),
        ("", {}, b"m value=1\n\xff", 400),
        ("", {}, b"\n" * 21 + b"m value=1", 413),
        ("", {}, b"m " + b",".join(b"f%d=1" % n for n in range(21)), 413),
        ("", {}, b"m value=" + b"1" * 10_000, 413),
    ],
)
async def test_a_request_that_cannot_be_read_is_no_problem_document(
    client: httpx.AsyncClient, path: str, query: str, headers: dict[str, Any], body: bytes, status: int
) -> None:
    answer = await client.post(path + query, content=body, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")
    assert answer.json().keys() >= ({"code", "message"} if "v2" in path else {"error"})


async def test_a_point_written_again_is_the_same_reading(client: httpx.AsyncClient, producer: Any) -> None:
    for _ in range(2):
        await client.post("/api/v2/write", content=b"m,host=a value=1 1772366400000000000")
    await client.post("/api/v2/write", content=b"m,host=a value=2 1772366400000000000")
    first, again, other = (reading.reading_id for reading in producer.written)
    assert first == again != other


async def test_clients_can_ask_who_is_there(client: httpx.AsyncClient) -> None:
    for method in ("GET", "HEAD"):
        answer = await client.request(method, "/ping")
        assert (answer.status_code, "x-influxdb-version" in answer.headers) == (204, True)
    health = await client.get("/health")
    assert (health.status_code, health.json()["status"]) == (200, "pass")


async def test_a_parameter_that_is_none_is_400_in_the_own_words(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v3/write_lp?accept_partial=perhaps", content=b"m value=1")
    assert (answer.status_code, answer.json()["data"]) == (400, None)
