from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulator.errors import InvalidFileError
from simulator.replay.csv_reader import read_csv
from simulator.replay.file_reader import count_records
from simulator.replay.records import BadRow, Row


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "series.csv"


def test_a_timestamp_without_an_offset_is_utc(path: Path) -> None:
    path.write_text("timestamp,value\n2013-12-02 21:15:00,73.96732207\n2013-12-02T22:20:00+01:00,-7e-06\n")
    assert list(read_csv(path)) == [
        Row(2, datetime(2013, 12, 2, 21, 15, tzinfo=UTC), 73.96732207),
        Row(3, datetime(2013, 12, 2, 21, 20, tzinfo=UTC), -7e-06),
    ]


def test_columns_are_found_by_name_and_empty_lines_skipped(path: Path) -> None:
    path.write_text("\ufeffTimestamp,machine, Value \n2013-12-02,A,1\n\n2013-12-03,B,2\n")
    assert [(row.line, row.value) for row in read_csv(path) if isinstance(row, Row)] == [(2, 1.0), (4, 2.0)]


@pytest.mark.parametrize("header", ["", "2013-12-02 21:15:00,73.9", "time,value", "timestamp;value"])
def test_the_header_must_name_both_columns(path: Path, header: str) -> None:
    path.write_text(f"{header}\n2013-12-02,1\n")
    with pytest.raises(InvalidFileError, match="line 1"):
        list(read_csv(path))


@pytest.mark.parametrize(
    "row",
    [
        "2013-12-02",
        "2013-12-02,",
        "2013-12-02,warm",
        "2013-12-02,nan",
        "2013-12-02,inf",
        "2013-02-30,1",
        "yesterday,1",
        ",1",
        "0001-01-01T00:00:00+01:00,1",
    ],
)
def test_a_row_that_is_no_measurement_is_named_by_its_line(path: Path, row: str) -> None:
    path.write_text(f"timestamp,value\n2013-12-01,1\n{row}\n2013-12-03,3\n")
    rows = list(read_csv(path))
    assert [type(found) for found in rows] == [Row, BadRow, Row]
    with pytest.raises(InvalidFileError, match="line 3: "):
        count_records(path, skip_bad_rows=False)
    assert count_records(path, skip_bad_rows=True) == (2, 1, True)


def test_a_file_that_is_not_there_or_no_text_is_an_error_of_its_own(path: Path) -> None:
    with pytest.raises(InvalidFileError, match=r"series\.csv"):
        list(read_csv(path))
    path.write_bytes(b"timestamp,value\n\xff\xfe,1\n")
    with pytest.raises(InvalidFileError, match=r"series\.csv"):
        list(read_csv(path))
