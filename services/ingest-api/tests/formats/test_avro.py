import io
import json
import zlib
from datetime import UTC
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_api.errors import BodyTooLargeError, MalformedBodyError, TooManyReadingsError
from ingest_api.formats import avro
from iot_contracts.problems import ItemError
from iot_contracts.readings import SubmittedReading
from iot_domain.event_time import event_time

LIMIT = 1 << 20
SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "Reading",
    "fields": [
        {"name": "reading_id", "type": ["null", {"type": "string", "logicalType": "uuid"}]},
        {"name": "sensor_id", "type": "string"},
        {"name": "sensor_type", "type": "string"},
        {"name": "location", "type": "string"},
        {"name": "value", "type": "double"},
        {"name": "unit", "type": "string"},
        {"name": "timestamp", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "is_anomaly", "type": ["null", "boolean"]},
        {"name": "battery_level", "type": ["null", "double"]},
    ],
}
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
READINGS = st.fixed_dictionaries(
    {
        "reading_id": st.none() | st.uuids(),
        "sensor_id": st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.:\-]{0,20}", fullmatch=True),
        "sensor_type": st.just("temperature"),
        "location": TEXTS,
        "value": st.floats(allow_nan=False, allow_infinity=False),
        "unit": TEXTS,
        "timestamp": st.datetimes(timezones=st.just(UTC)),
        "is_anomaly": st.none() | st.booleans(),
        "battery_level": st.none() | st.floats(0, 100),
    }
)


def container(rows: list[dict[str, Any]], codec: str = "deflate") -> bytes:
    file = io.BytesIO()
    fastavro.writer(file, SCHEMA, rows, codec)
    return file.getvalue()


def decode(body: bytes, max_readings: int = 100) -> list[SubmittedReading | ItemError]:
    return list(avro.decode(body, max_readings, LIMIT))


@given(st.lists(READINGS, max_size=6), st.sampled_from(["null", "deflate"]))
def test_what_is_written_comes_back(rows: list[dict[str, Any]], codec: str) -> None:
    found = decode(container(rows, codec))
    for reading, row in zip(found, rows, strict=True):
        assert isinstance(reading, SubmittedReading)
        assert {name: getattr(reading, name) for name in row} == row
        assert event_time(reading.timestamp) == row["timestamp"]


GOOD: dict[str, Any] = {
    "reading_id": None, "sensor_id": "S1", "sensor_type": "temperature", "location": "here", "value": 1.0,
    "unit": "Celsius", "timestamp": 0, "is_anomaly": None, "battery_level": None,
}  # fmt: skip


@given(st.lists(st.sampled_from([{}, {"sensor_id": "a b"}, {"value": float("nan")}, {"battery_level": 101.0}])))
def test_exactly_the_bad_records_are_errors(changes: list[dict[str, Any]]) -> None:
    found = decode(container([GOOD | change for change in changes]))
    assert [isinstance(item, ItemError) for item in found] == [bool(change) for change in changes]
    errors = [item for item in found if isinstance(item, ItemError)]
    assert [error.index for error in errors] == [index for index, change in enumerate(changes) if change]
    assert [error.pointer for error in errors] == [f"/{name}" for change in changes for name in change]


@given(st.binary(max_size=100) | st.binary(max_size=100).map(lambda more: container([GOOD])[:-20] + more))
def test_any_body_is_decoded_or_refused(body: bytes) -> None:
    try:
        decode(body)
    except (MalformedBodyError, TooManyReadingsError, BodyTooLargeError):
        return


def test_a_field_that_no_record_has_is_missing_in_each() -> None:
    file = io.BytesIO()
    fields = [field for field in SCHEMA["fields"] if field["name"] != "unit"]
    fastavro.writer(file, {**SCHEMA, "fields": fields}, [GOOD, GOOD])
    found = decode(file.getvalue())
    assert [(item.code, item.pointer) for item in found if isinstance(item, ItemError)] == [
        ("missing_field", "/unit"),
        ("missing_field", "/unit"),
    ]


def test_bytes_that_are_no_record_are_errors_of_their_own_up_to_the_block_s_end() -> None:
    # The second record's first byte says which of two types follows; there is no third.
    record = io.BytesIO()
    fastavro.schemaless_writer(record, SCHEMA, GOOD)
    good = container([GOOD, GOOD, GOOD], "null")
    at = good.index(record.getvalue()) + len(record.getvalue())
    found = decode(good[:at] + b"\x0a" + good[at + 1 :])
    assert [item.code if isinstance(item, ItemError) else "" for item in found] == ["", *["malformed_record"] * 2]


def test_too_many_records_are_refused_before_they_are_read() -> None:
    with pytest.raises(TooManyReadingsError):
        decode(container([GOOD] * 101))


def test_what_decompresses_to_more_than_a_body_may_have_is_too_large() -> None:
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    bomb = packer.compress(bytes(2 * LIMIT)) + packer.flush()
    file = io.BytesIO(b"Obj\x01")
    file.seek(4)
    meta = {"avro.schema": json.dumps(SCHEMA).encode(), "avro.codec": b"deflate"}
    fastavro.schemaless_writer(file, {"type": "map", "values": "bytes"}, meta)
    file.write(bytes(16))
    for number in (1, len(bomb)):
        fastavro.schemaless_writer(file, "long", number)
    file.write(bomb + bytes(16))
    with pytest.raises(BodyTooLargeError):
        decode(file.getvalue())
