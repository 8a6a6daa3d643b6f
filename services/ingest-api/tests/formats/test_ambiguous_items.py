"""What JSON leaves ambiguous or a parser decides in silence is refused by item or taken exactly, at the real door."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest

from ingest_api.formats.encoded import EncodedReadings
from ingest_api.formats.registry import FORMATS, Context
from iot_contracts.problems import ItemError
from iot_contracts.readings import Reading

JSON, NDJSON = "application/json", "application/x-ndjson"
COMPLETE = {
    "reading_id": "019ca8f5-2c00-7a2b-8c3d-0123456789ab",
    "sensor_id": "S1",
    "sensor_type": "temperature",
    "location": "here",
    "value": 21.5,
    "unit": "Celsius",
    "timestamp": "2026-03-01T12:00:00Z",
}
WITH_OPTIONS = COMPLETE | {"battery_level": 50.5, "is_anomaly": False}
WITHOUT_ID = {name: value for name, value in COMPLETE.items() if name != "reading_id"}
WITH_NUMBER = WITHOUT_ID | {"timestamp": 1772366400000}
CONTEXT: Any = Context(100, 1 << 20, None, None)  # type: ignore[arg-type]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def encoded(reading: dict[str, Any]) -> bytes:
    return json.dumps(reading, separators=(",", ":")).encode()


def batch(media_type: str, *items: bytes) -> bytes:
    return b"[" + b",".join(items) + b"]" if media_type == JSON else b"\n".join(items)


async def post(client: httpx.AsyncClient, media_type: str, body: bytes) -> httpx.Response:
    return await client.post("/v1/readings", content=body, headers={"Content-Type": media_type})


@pytest.mark.parametrize("media_type", [JSON, NDJSON])
@pytest.mark.parametrize("reading", [COMPLETE, WITH_OPTIONS, WITHOUT_ID, WITH_NUMBER])
@pytest.mark.parametrize(
    "spoilt",
    [
        b',"value":9}',
        b',"value":21.5}',
        b' , "location" : "there" }',
        b',"unit":null,"x":1}',
        b',"\\u0076alue":9}',
        b',"firmware":1,"firmware":2}',
        b',"is_anomaly":true,"is_anomaly":true}',
        b',"x":"\\"","value":9}',
    ],
)
async def test_a_field_that_is_there_twice_costs_its_item_only(
    client: httpx.AsyncClient, producer: Any, media_type: str, reading: dict[str, Any], spoilt: bytes
) -> None:
    good = encoded(reading)
    answer = await post(client, media_type, batch(media_type, good, good[:-1] + spoilt, good))
    assert (answer.status_code, answer.json()["accepted"]) == (207, 2)
    [error] = answer.json()["errors"]
    assert (error["index"], error["code"]) == (1, "duplicate_field")
    assert error["pointer"][1:] in ("value", "location", "unit", "firmware", "is_anomaly")
    assert "there 2 times" in error["detail"] or "there 3 times" in error["detail"]
    assert [written.value for written in producer.written] == [21.5, 21.5]


async def test_one_object_is_judged_as_one_of_many(client: httpx.AsyncClient, producer: Any) -> None:
    answer = await post(client, JSON, encoded(COMPLETE)[:-1] + b',"value":9}')
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "duplicate_field")
    assert producer.written == []


@pytest.mark.parametrize("media_type", [JSON, NDJSON])
@pytest.mark.parametrize("reading", [COMPLETE, WITH_OPTIONS, WITHOUT_ID, WITH_NUMBER])
@pytest.mark.parametrize(
    "further",
    [
        b',"x":{"value":1,"value":2}}',
        b',"firmware":null}',
        b',"x":"\\"value\\""}',
        b',"x":["value","value"]}',
    ],
)
async def test_what_is_in_further_fields_is_nobody_s_business(
    client: httpx.AsyncClient, producer: Any, media_type: str, reading: dict[str, Any], further: bytes
) -> None:
    good = encoded(reading)
    answer = await post(client, media_type, batch(media_type, good, good[:-1] + further, good))
    assert (answer.status_code, len(producer.written)) == (202, 3)


@pytest.mark.parametrize("media_type", [JSON, NDJSON])
@pytest.mark.parametrize("reading", [COMPLETE, WITHOUT_ID])
@pytest.mark.parametrize(
    ("timestamp", "instant"),
    [
        ('"2026-03-01T12:00:00.0000009Z"', NOON),
        ('"2026-03-01T12:00:00.000000999999999999z"', NOON),
        ('"2026-03-01t13:00:00.0000009+01:00"', NOON),
        ('"2026-03-01 11:00:00.0000009-01:00"', NOON),
        ('"2026-03-01T12:00:00.\\u0030000009Z"', NOON),
        ('"2026-02-28T23:59:59.9999999Z"', datetime(2026, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC)),
        ('"2016-12-31T23:59:60Z"', datetime(2016, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
        ("1772366400000.0009999", NOON),
        ("1772366399999.9999", datetime(2026, 3, 1, 11, 59, 59, 999_999, tzinfo=UTC)),
        ("1772366400000.123", NOON.replace(microsecond=123)),
        ("17723664E5", NOON),
    ],
)
async def test_an_instant_is_cut_to_the_microsecond_whatever_carried_it(
    client: httpx.AsyncClient,
    producer: Any,
    media_type: str,
    reading: dict[str, Any],
    timestamp: str,
    instant: datetime,
) -> None:
    item = encoded(reading).replace(b'"2026-03-01T12:00:00Z"', timestamp.encode())
    answer = await post(client, media_type, batch(media_type, encoded(reading), item))
    assert answer.status_code == 202, answer.text
    assert [written.timestamp for written in producer.written] == [NOON, instant]


@pytest.mark.parametrize("media_type", [JSON, NDJSON])
@pytest.mark.parametrize(
    ("timestamp", "reason"),
    [
        ('"2026-03-01T12:00:00"', "no offset"),
        ('"2026-03-01T12:00:60Z"', "leap second"),
        ('"0000-01-01T00:00:00Z"', "before year 1"),
        ('"2026-02-29T00:00:00Z"', "calendar"),
        ('"1772366400000"', "RFC 3339"),
        ("1772366400.5", "seconds"),
        ("1e400", "year 9999"),
    ],
)
async def test_a_time_that_is_none_is_refused_with_the_reason(
    client: httpx.AsyncClient, producer: Any, media_type: str, timestamp: str, reason: str
) -> None:
    item = encoded(COMPLETE).replace(b'"2026-03-01T12:00:00Z"', timestamp.encode())
    answer = await post(client, media_type, batch(media_type, encoded(COMPLETE), item, encoded(COMPLETE)))
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["index"], error["pointer"]) == (207, 1, "/timestamp")
    assert reason in error["detail"]


@pytest.mark.parametrize("media_type", [JSON, NDJSON])
@pytest.mark.parametrize("reading", [COMPLETE, WITHOUT_ID])
async def test_a_byte_order_mark_is_skipped(
    client: httpx.AsyncClient, producer: Any, media_type: str, reading: dict[str, Any]
) -> None:
    answer = await post(client, media_type, b"\xef\xbb\xbf" + batch(media_type, encoded(reading), encoded(reading)))
    assert (answer.status_code, len(producer.written)) == (202, 2)
    assert (await post(client, JSON, b"\xef\xbb\xbf" + encoded(reading))).status_code == 202


@pytest.mark.parametrize("reading", [COMPLETE, WITHOUT_ID])
@pytest.mark.parametrize("neighbour", [COMPLETE, COMPLETE | {"value": "1"}])
@pytest.mark.parametrize("wrong", [b'"x":"\xff"', b'"\xff":1', b'"x":["\xed\xa0\x80"]'])
async def test_an_ignored_field_that_is_not_utf8_is_refused_whatever_stands_beside_it(
    client: httpx.AsyncClient, reading: dict[str, Any], neighbour: dict[str, Any], wrong: bytes
) -> None:
    items = encoded(reading)[:-1] + b"," + wrong + b"}", encoded(neighbour)
    answer = await post(client, NDJSON, batch(NDJSON, *items))
    error = answer.json()["errors"][0]
    assert (error["index"], error["code"]) == (0, "malformed_line")
    for body in (batch(JSON, *items), items[0]):
        answer = await post(client, JSON, body)
        assert (answer.status_code, "not UTF-8" in answer.json()["detail"]) == (400, True)


@pytest.mark.parametrize("media_type", [JSON, NDJSON])
def test_an_item_nested_too_deeply_costs_its_item_only(media_type: str) -> None:
    deep = encoded(COMPLETE)[:-1] + b',"x":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    found = FORMATS[media_type](batch(media_type, encoded(COMPLETE), deep, encoded(WITHOUT_ID)), CONTEXT)
    assert [isinstance(item, ItemError) for item in found] == [False, True, False]
    assert isinstance(found[1], ItemError)
    assert (found[1].index, "nested too deeply" in found[1].detail) == (1, True)


@pytest.mark.parametrize("media_type", [JSON, NDJSON])
@pytest.mark.parametrize("count", [1, 3])
def test_a_body_that_is_our_own_messages_is_encoded_once(media_type: str, count: int) -> None:
    message = msgspec.json.encode(msgspec.convert(WITH_OPTIONS, Reading))
    readings = FORMATS[media_type](batch(media_type, *[message] * count), CONTEXT)
    assert isinstance(readings, EncodedReadings)
    assert readings.messages == [message] * count
    for other in (b" " + message, message.replace(b"T12:00:00Z", b"T12:00:00.000Z"), message[:-1] + b',"value":21.5}'):
        assert not isinstance(FORMATS[media_type](batch(media_type, message, other), CONTEXT), EncodedReadings)
