"""Parquet's own times and types."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iot_domain.reading_files.parquet import read_parquet
from iot_domain.reading_files.records import BadItem, InvalidFileError, Measurement, Record


def read(times: pa.Array, values: Any = None, **columns: pa.Array) -> list[Record]:
    file = io.BytesIO()
    values = pa.array([1.0] * len(times)) if values is None else values
    pq.write_table(pa.table({"timestamp": times, "value": values, **columns}), file)
    file.seek(0)
    return list(read_parquet(file))


def times_of(records: list[Record]) -> list[datetime]:
    return [record.timestamp for record in records if isinstance(record, Measurement)]


@pytest.mark.parametrize("zone", [None, "UTC", "Africa/Casablanca"])
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_time_is_an_instant_in_any_unit_and_zone(unit: str, zone: str | None) -> None:
    scale = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    found = read(pa.array([1_772_366_400 * scale], pa.timestamp(unit, zone)))
    assert times_of(found) == [datetime(2026, 3, 1, 12, tzinfo=UTC)]


def test_nanoseconds_are_cut_also_before_1970_and_stay_different_in_what_was_sent() -> None:
    found = read(pa.array([1_772_366_400_000_000_999, 1_772_366_400_000_000_998, -1], pa.timestamp("ns")))
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert times_of(found) == [noon, noon, datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)]
    assert len({record.sent for record in found if isinstance(record, Measurement)}) == 3


def test_a_time_of_no_calendar_costs_its_row() -> None:
    found = read(pa.array([2**52, 0, None], pa.timestamp("s")))
    assert [type(record) for record in found] == [BadItem, Measurement, BadItem]


def test_days_are_their_midnight() -> None:
    assert times_of(read(pa.array([date(2026, 3, 1)]))) == [datetime(2026, 3, 1, tzinfo=UTC)]


@pytest.mark.parametrize("times", [pa.array([1_772_366_400_000]), pa.array([1_772_366_400.0]), pa.array([20_260_301])])
def test_a_column_of_bare_numbers_is_no_time(times: pa.Array) -> None:
    [found] = read(times)
    assert isinstance(found, BadItem)
    assert "A number is no time here" in found.reason


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([7]), 7.0),
        (pa.array([Decimal("7.00")]), 7.0),
        (pa.array([7.0], pa.float32()), 7.0),
        (pa.array([float("nan")]), None),
        (pa.array([float("inf")]), None),
        (pa.array([True]), None),
        (pa.array([None], pa.float64()), None),
        (pa.array([b"7"]), None),
    ],
)
def test_a_value_is_a_finite_number_of_any_type(values: pa.Array, expected: float | None) -> None:
    [found] = read(pa.array(["2026-03-01T12:00:00Z"]), values)
    assert (found.value if isinstance(found, Measurement) else None) == expected


def test_text_that_is_not_utf_8_costs_its_row() -> None:
    text = pa.Array.from_buffers(pa.string(), 2, [None, *pa.array([b"A", b"\xff"], pa.binary()).buffers()[1:]])
    found = read(pa.array(["2026-03-01T12:00:00Z"] * 2), sensor_id=text)
    assert [type(record) for record in found] == [Measurement, BadItem]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + b"\x00" * 100 + b"PAR1", b"timestamp,value\n"])
def test_what_is_no_parquet_is_said(content: bytes) -> None:
    with pytest.raises(InvalidFileError, match="can't be read as Parquet"):
        list(read_parquet(io.BytesIO(content)))
