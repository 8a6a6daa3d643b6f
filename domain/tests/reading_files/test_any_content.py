"""An instant is the same by every format, and no bytes make a reader raise anything but its own error."""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iot_domain.event_time import from_microseconds
from iot_domain.reading_files.avro import read_avro
from iot_domain.reading_files.csv import read_csv
from iot_domain.reading_files.json import read_json
from iot_domain.reading_files.ndjson import read_ndjson
from iot_domain.reading_files.parquet import read_parquet
from iot_domain.reading_files.records import BadItem, InvalidFileError, Measurement, Record

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Read = Callable[[BinaryIO], Iterator[Record]]
PIECES = st.sampled_from(
    [b"timestamp", b"value", b",", b"\n", b"\r\n", b'"', b"{", b"}", b"[", b"]", b":", b"1", b"\xff", b"\x00", b"\\",
     b"timestamp,value\n", b"2026-03-01T12:00:00Z", b"\xef\xbb\xbf", b"PAR1", b" ", b"1e999", b"\\ud800", b"Obj\x01"]
)  # fmt: skip


@settings(deadline=None)
@given(st.integers(-9_000_000_000_000_000_000, 9_000_000_000_000_000_000))
def test_an_instant_is_the_same_by_every_format(nanoseconds: int) -> None:
    seconds, fraction = divmod(nanoseconds, 10**9)
    text = f"{(EPOCH + timedelta(seconds=seconds)).replace(tzinfo=None).isoformat()}.{fraction:09}Z"
    rest = '"sensor_id":"S","sensor_type":"t","location":"l","unit":"u","value":1'
    whole, part = divmod(abs(nanoseconds), 10**6)
    milliseconds = f"{'-' if nanoseconds < 0 else ''}{whole}.{part:06}"
    table = io.BytesIO()
    pq.write_table(pa.table({"timestamp": pa.array([nanoseconds], pa.timestamp("ns")), "value": [1.0]}), table)
    files: list[tuple[Read, bytes]] = [
        (read_ndjson, f'{{{rest},"timestamp":"{text}"}}'.encode()),
        (read_json, f'[{{{rest},"timestamp":"{text}"}}]'.encode()),
        (read_csv, f"timestamp,value\n{text},1".encode()),
        (read_parquet, table.getvalue()),
    ]
    if not 1e8 <= nanoseconds / 1e6 < 1e11:
        files.append((read_json, f'[{{{rest},"timestamp":{milliseconds}}}]'.encode()))
    expected = from_microseconds(nanoseconds // 1_000)
    for reader, content in files:
        [found] = reader(io.BytesIO(content))
        assert isinstance(found, Measurement), found
        assert found.timestamp == expected


@pytest.mark.parametrize("reader", [read_avro, read_csv, read_json, read_ndjson, read_parquet])
@settings(deadline=None)
@given(content=st.binary(max_size=200) | st.lists(PIECES, max_size=20).map(b"".join))
def test_any_bytes_are_read_or_refused(reader: Read, content: bytes) -> None:
    with suppress(InvalidFileError):
        assert all(isinstance(record, Measurement | BadItem) for record in reader(io.BytesIO(content)))


@pytest.mark.parametrize("text", [b"[", b'{"a":'])
def test_any_depth_is_refused(text: bytes) -> None:
    text *= 200_000
    assert all(isinstance(record, BadItem) for record in read_ndjson(io.BytesIO(text)))
    with suppress(InvalidFileError):
        assert all(isinstance(record, BadItem) for record in read_json(io.BytesIO(text)))


def test_an_array_is_cut_into_its_items_whatever_stands_in_its_strings() -> None:
    reading = {"sensor_id": "S", "sensor_type": "t", "location": '],"\\{', "unit": "u", "value": 1, "timestamp": 0}
    deep = '{"x":' + "[" * 200_000 + "]" * 200_000 + "}"
    content = f" [{json.dumps(reading)} , {deep},{json.dumps(reading)}]\n".encode()
    found = list(read_json(io.BytesIO(content)))
    assert [type(record) for record in found] == [Measurement, BadItem, Measurement]


@pytest.mark.parametrize("name", ["\\ud800", "~/", pytest.param("n" * 1_000_000, id="long"), "\\u0000"])
def test_a_repeated_name_is_told_whatever_it_is(name: str) -> None:
    [found] = read_ndjson(io.BytesIO(f'{{"{name}":1,"{name}":2}}'.encode()))
    assert isinstance(found, BadItem)
    assert len(found.reason) < 300
    found.reason.encode()
