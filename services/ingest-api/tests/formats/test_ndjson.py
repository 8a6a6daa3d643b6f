from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_api.errors import MalformedBodyError, TooManyReadingsError
from ingest_api.formats import json, ndjson
from iot_contracts.problems import ItemError
from iot_contracts.readings import SubmittedReading
from iot_domain.event_time import event_time, from_epoch_ms

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
READINGS = st.builds(
    SubmittedReading,
    reading_id=st.none() | st.uuids(),
    sensor_id=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.:\-]{0,20}", fullmatch=True),
    sensor_type=st.just("temperature"),
    location=TEXTS,
    value=st.floats(allow_nan=False, allow_infinity=False),
    unit=TEXTS,
    timestamp=st.datetimes(timezones=st.just(UTC)) | st.floats(1e11, 1e14),
    is_anomaly=st.none() | st.booleans(),
    battery_level=st.none() | st.floats(0, 100),
)


@given(st.lists(READINGS, max_size=6), st.sampled_from([b"\n", b"\r\n", b"\n\n", b" \n"]))
def test_what_is_written_comes_back(readings: list[SubmittedReading], separator: bytes) -> None:
    body = separator.join(map(msgspec.json.encode, readings)) + separator
    found: Any = ndjson.decode(body, 100)
    assert [event_time(item.timestamp) for item in found] == [
        item.timestamp if isinstance(item.timestamp, datetime) else from_epoch_ms(repr(item.timestamp))
        for item in readings
    ]
    assert [without_time(item) for item in found] == [without_time(item) for item in readings]


def without_time(reading: SubmittedReading) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(reading)
    del fields["timestamp"]
    return fields


@given(st.lists(st.tuples(READINGS, st.sampled_from([b"", b"{", b"17", b'{"value": "x"}', b"\xff"])), max_size=6))
def test_exactly_the_bad_lines_are_errors(lines: list[tuple[SubmittedReading, bytes]]) -> None:
    body = b"\n".join(bad or msgspec.json.encode(reading) for reading, bad in lines)
    try:
        found = ndjson.decode(body, 100)
    except MalformedBodyError:
        assert all(bad in (b"{", b"\xff") for _, bad in lines)
        return
    assert [isinstance(item, ItemError) for item in found] == [bool(bad) for _, bad in lines]
    assert [item.index for item in found if isinstance(item, ItemError)] == [
        n for n, (_, bad) in enumerate(lines) if bad
    ]


@given(READINGS)
def test_a_line_is_what_the_same_object_is_in_an_array(reading: SubmittedReading) -> None:
    text = msgspec.json.encode(reading)
    assert ndjson.decode(text, 1) == json.decode(b"[" + text + b"]", 1)


def test_a_broken_line_is_named_with_its_byte_in_the_body() -> None:
    good = b'{"sensor_id":"A","sensor_type":"t","location":"l","value":1,"unit":"C","timestamp":1}\n'
    found = ndjson.decode(good + b"\n" + b'{"a": x}\n' + good, 10)
    assert [type(item) is ItemError for item in found] == [False, True, False]
    error = found[1]
    assert isinstance(error, ItemError)
    assert error.detail.startswith(f"At byte {len(good) + 7}: ")


def test_two_readings_on_a_line_or_one_on_two_lines_are_no_lines_of_readings() -> None:
    good = b'{"sensor_id":"A","sensor_type":"t","location":"l","value":1,"unit":"C","timestamp":1}'
    found = ndjson.decode(b"\n".join([good, good + good, good.replace(b",", b",\n", 1), good]), 10)
    assert [type(item) is ItemError for item in found] == [False, True, True, True, False]


def test_more_lines_than_allowed_are_refused_before_each_is_kept() -> None:
    with pytest.raises(TooManyReadingsError):
        ndjson.decode(b"0\n" * 1_000_000, 1000)
