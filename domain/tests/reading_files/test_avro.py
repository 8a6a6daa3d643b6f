"""Avro's own types and times, and what a file could do to who reads it."""

import io
import json
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iot_domain.reading_files.avro import read_avro
from iot_domain.reading_files.avro_container import MAX_HEADER_BYTES
from iot_domain.reading_files.records import BadItem, InvalidFileError, Measurement, Record

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOON_S = 1_772_366_400
SYNC = b"s" * 16
FIELDS: list[dict[str, Any]] = [{"name": "timestamp", "type": "string"}, {"name": "value", "type": "double"}]
GOOD = {"timestamp": "2026-03-01T12:00:00Z", "value": 1.0}


def schema_of(fields: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "record", "name": "r", "fields": list(fields)}


def encoded(fields: Sequence[dict[str, Any]], *rows: dict[str, Any]) -> bytes:
    file = io.BytesIO()
    for row in rows:
        fastavro.schemaless_writer(file, schema_of(fields), row)
    return file.getvalue()


def number(value: int) -> bytes:
    file = io.BytesIO()
    fastavro.schemaless_writer(file, "long", value)
    return file.getvalue()


def container(schema: object, *blocks: tuple[int, bytes], codec: str = "null") -> bytes:
    """A file of these blocks of (count, bytes), which may be wrong."""
    file = io.BytesIO(b"Obj\x01")
    file.seek(4)
    meta = {"avro.schema": json.dumps(schema).encode(), "avro.codec": codec.encode()}
    fastavro.schemaless_writer(file, {"type": "map", "values": "bytes"}, meta)
    file.write(SYNC)
    for count, content in blocks:
        file.write(number(count) + number(len(content)) + content + SYNC)
    return file.getvalue()


def read(content: bytes) -> list[Record]:
    return list(read_avro(io.BytesIO(content)))


def with_time(kind: object, time: object) -> Record:
    fields = [{"name": "timestamp", "type": kind}, FIELDS[1]]
    plain = [{"name": "timestamp", "type": "int" if isinstance(kind, dict) and kind["type"] == "int" else "long"}]
    [found] = read(container(schema_of(fields), (1, encoded([*plain, FIELDS[1]], {"timestamp": time, "value": 1.0}))))
    return found


@pytest.mark.parametrize("zone", ["", "local-"])
@pytest.mark.parametrize(("unit", "scale"), [("millis", 10**3), ("micros", 10**6), ("nanos", 10**9)])
def test_a_time_is_an_instant_in_any_unit(zone: str, unit: str, scale: int) -> None:
    found = with_time({"type": "long", "logicalType": f"{zone}timestamp-{unit}"}, NOON_S * scale)
    assert isinstance(found, Measurement)
    assert found.timestamp == NOON


def test_a_day_is_its_midnight() -> None:
    found = with_time({"type": "int", "logicalType": "date"}, 20_513)
    assert isinstance(found, Measurement)
    assert found.timestamp == datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "time", "why"),
    [
        ("long", NOON_S * 1000, "A number is no time here"),
        ({"type": "long", "logicalType": "timestamp-millis"}, 2**62, "column timestamp"),
    ],
)
def test_a_number_that_is_no_time_costs_its_row(kind: object, time: int, why: str) -> None:
    found = with_time(kind, time)
    assert isinstance(found, BadItem)
    assert why in found.reason


def test_fields_may_be_null_enums_or_others() -> None:
    fields = [
        *FIELDS,
        {"name": "unit", "type": {"type": "enum", "name": "Unit", "symbols": ["Celsius", "Kelvin"]}},
        {"name": "battery_level", "type": ["null", "float", "int"]},
        {"name": "firmware", "type": "bytes"},
    ]
    rows = [{**GOOD, "unit": "Kelvin", "battery_level": level, "firmware": b"\xff"} for level in (None, 50)]
    found = read(container(schema_of(fields), (2, encoded(fields, *rows))))
    assert [(record.unit, record.battery_level) for record in found if isinstance(record, Measurement)] == [
        ("Kelvin", None),
        ("Kelvin", 50.0),
    ]


def test_text_that_is_not_utf_8_costs_its_row() -> None:
    fields = [*FIELDS, {"name": "location", "type": "string"}]
    content = encoded(fields, {**GOOD, "location": "AA"}, {**GOOD, "location": "ZZ"}).replace(b"AA", b"A\xff")
    assert [type(record) for record in read(container(schema_of(fields), (2, content)))] == [BadItem, Measurement]


def test_bytes_that_are_no_record_cost_the_rest_of_their_block_only() -> None:
    good = encoded(FIELDS, GOOD)
    broken = (3, good + b"\xff" * 12)
    found = read(container(schema_of(FIELDS), broken, (1, good)))
    assert [(type(record), record.place) for record in found] == [
        (Measurement, "row 1"),
        (BadItem, "row 2"),
        (Measurement, "row 4"),
    ]


@pytest.mark.parametrize(
    "kind",
    [
        {"type": "array", "items": "null"},
        {"type": "map", "values": "null"},
        {"type": "record", "name": "n", "fields": []},
        {"type": "fixed", "name": "f", "size": 2**40},
        ["null", {"type": "array", "items": "null"}],
        "r",
        {"type": {"type": "array", "items": "null"}},
        {"type": "enum", "name": "e", "symbols": None},
        17,
        None,
    ],
)
def test_a_field_that_is_not_plain_refuses_the_file(kind: object) -> None:
    with pytest.raises(InvalidFileError):
        read(container(schema_of([*FIELDS, {"name": "more", "type": kind}]), (1, b"\x00")))


def test_any_number_of_records_without_bytes_is_one_refusal() -> None:
    nothing = schema_of([{"name": "timestamp", "type": "null"}, {"name": "value", "type": "null"}])
    [found] = read(container(nothing, (2**60, b"")))
    assert isinstance(found, BadItem)


def test_a_block_that_decompresses_to_more_than_its_limit_is_refused_before_it_does() -> None:
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    zeros = bytes(1 << 20)
    bomb = b"".join(packer.compress(zeros) for _ in range(65)) + packer.flush()
    assert len(bomb) < 100_000
    with pytest.raises(InvalidFileError, match="decompresses to more than"):
        read(container(schema_of(FIELDS), (1, bomb), codec="deflate"))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is no Avro"),
        (b"Obj\x01", "no readable header"),
        (b"Obj\x01" + number(1) + number(2**50), "no readable header"),
        (container("long"), "no record"),
        (container(schema_of(FIELDS), codec="snappy"), "compressed with 'snappy'"),
        (container(schema_of([FIELDS[0]])), "must name the columns"),
        (container(schema_of([*FIELDS, {"name": "Value", "type": "long"}])), "2 columns named 'value'"),
        (container(schema_of(FIELDS), (1, encoded(FIELDS, GOOD)))[:-1], "damaged"),
        (container(schema_of(FIELDS), (1, b"\xff"), codec="deflate"), "can't be decompressed"),
        (container(schema_of(FIELDS)) + number(1) + number(2**40), "at most"),
        (container(schema_of(FIELDS)) + number(-1) + number(1), "negative"),
        (container(schema_of(FIELDS)) + b"\xff" * 20, "damaged"),
        (container({**schema_of(FIELDS), "doc": "x" * MAX_HEADER_BYTES}), "no readable header"),
    ],
)
def test_what_is_no_avro_of_readings_is_said(content: bytes, why: str) -> None:
    with pytest.raises(InvalidFileError, match=why):
        read(content)


def test_a_schema_of_any_depth_is_refused() -> None:
    good = container("DEEP")
    deep = b"[" * 30_000
    content = good.replace(number(len(b'"DEEP"')) + b'"DEEP"', number(len(deep)) + deep)
    with pytest.raises(InvalidFileError, match="no JSON"):
        read(content)


@settings(deadline=None)
@given(st.binary(max_size=40), st.integers(0, 300), st.binary(min_size=1, max_size=3))
def test_any_change_of_a_file_is_read_or_refused(block: bytes, at: int, change: bytes) -> None:
    content = bytearray(container(schema_of(FIELDS), (1, encoded(FIELDS, GOOD)), (2, block)))
    content[at % len(content) : at % len(content) + len(change)] = change
    try:
        found = read(bytes(content))
    except InvalidFileError:
        return
    assert all(isinstance(record, Measurement | BadItem) for record in found)
