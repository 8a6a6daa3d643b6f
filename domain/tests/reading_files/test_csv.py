"""CSV as files are: encodings, quotes, lines that break."""

import io
from datetime import UTC, datetime

import pytest

from iot_domain.reading_files.csv import MAX_LINE_CHARACTERS, read_csv
from iot_domain.reading_files.records import BadItem, InvalidFileError, Measurement

DAY = datetime(2013, 12, 2, tzinfo=UTC)


def read(content: bytes) -> list[tuple[str, float | str]]:
    return [
        (record.place, record.value if isinstance(record, Measurement) else record.reason)
        for record in read_csv(io.BytesIO(content))
    ]


def test_a_time_without_an_offset_is_utc() -> None:
    rows = list(read_csv(io.BytesIO(b"timestamp,value\n2013-12-02 21:15:00,1\n2013-12-02T22:15:00+01:00,2\n")))
    assert [row.timestamp for row in rows if isinstance(row, Measurement)] == [DAY.replace(hour=21, minute=15)] * 2


def test_columns_are_found_by_name_and_empty_lines_skipped() -> None:
    content = "\ufeffTimestamp,machine, Value ,,\r\n2013-12-02,A,1,,\r\n \r\n2013-12-03,B,-7e-06,,\r\n".encode()
    assert read(content) == [("line 2", 1.0), ("line 4", -7e-06)]


def test_lines_may_end_as_on_any_system() -> None:
    for end in (b"\n", b"\r\n", b"\r"):
        assert read(end.join([b"timestamp,value", b"2013-12-02,1", b"2013-12-03,2"])) == [
            ("line 2", 1.0),
            ("line 3", 2.0),
        ]


@pytest.mark.parametrize("value", ["1", "+1", "1.", "1.0", ".1e1", "1E0", "001"])
def test_a_number_may_be_written_as_programs_do(value: str) -> None:
    assert read(f"timestamp,value\n2013-12-02,{value}\n".encode()) == [("line 2", 1.0)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"2013-12-02", "has 1 of 2 columns"),
        (b"2013-12-02,1,2", "has 3 of 2 columns"),
        (b"2013-12-02;1", "has 1 of 2 columns"),
        (b'2013-12-02,"1', "is not CSV"),
        (b'"2013-12-02,1', "is not CSV"),
        (b'2013-12-02,"1"x', "is not CSV"),
        (b'2013-12-02,1"', "'1\"' is no number"),
        (b"2013-12-02,\x00", "has a NUL"),
        (b"2013-12-02\x00,1", "has a NUL"),
        (b"2013-12-02,\xff", "is not UTF-8"),
        (b"2013-12-02,\xed\xa0\x80", "is not UTF-8"),
        (b"2013-12-02," + b"1" * MAX_LINE_CHARACTERS, "has more than"),
        (b"2013-12-02," + b"1" * 3 * MAX_LINE_CHARACTERS, "has more than"),
        (b"2013-12-02," + b"1" * 400, "'111"),
        (b",1", "The cell is empty"),
        (b"2013-12-02,", "The cell is empty"),
        (b"\xef\xbb\xbf2013-12-02,1", "'\\ufeff2013"),
    ],
)
def test_a_line_that_is_no_row_is_named_and_its_neighbours_are_kept(row: bytes, reason: str) -> None:
    first, bad, *rest = read(b"timestamp,value\n2013-12-01,1\n" + row + b"\n2013-12-03,3\n2013-12-04,4\n")
    assert (first, rest) == (("line 2", 1.0), [("line 4", 3.0), ("line 5", 4.0)])
    assert bad[0] == "line 3"
    assert str(bad[1]).startswith(reason)


def test_two_open_quotes_do_not_swallow_the_rows_between_them() -> None:
    found = read(b'timestamp,value\n2013-12-01,"1\n2013-12-02,2\n2013-12-03,"3\n2013-12-04,4\n')
    assert [place for place, _ in found] == ["line 2", "line 3", "line 4", "line 5"]
    assert [value for _, value in found if isinstance(value, float)] == [2.0, 4.0]


def test_a_quoted_cell_may_go_over_several_lines() -> None:
    content = b'timestamp,value,note\n2013-12-01,1,"a\r\n\r\nb ""c"""\n2013-12-02,2,d\n'
    assert read(content) == [("line 2", 1.0), ("line 5", 2.0)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b'2013-12-01,zz,"a\n2013-12-02,2,b\nc"', "'zz' is no number"),
        (b'2013-12-01,1,"a\n2013-12-02,2,b\nc",d', "has 4 of 3 columns"),
        (b'"2013-12-01\n2013-12-02,2,b\n",1,c', "'2013-12-01"),
    ],
)
def test_what_stands_in_a_cell_is_no_row_when_its_row_is_refused(row: bytes, reason: str) -> None:
    [bad, good] = read(b"timestamp,value,note\n" + row + b"\n2013-12-03,3,d\n")
    assert good == ("line 5", 3.0)
    assert bad[0] == "line 2"
    assert str(bad[1]).startswith(reason)


@pytest.mark.parametrize(
    "header",
    [b"", b"\n", b"2013-12-02 21:15:00,73.9", b"time,value", b"timestamp;value", b"\xff,value", b'"timestamp,value'],
)
def test_the_header_must_name_both_columns(header: bytes) -> None:
    with pytest.raises(InvalidFileError, match="line 1"):
        read(header + b"\n2013-12-02,1\n")


def test_an_open_quote_at_the_end_of_the_file_is_named() -> None:
    [bad] = read_csv(io.BytesIO(b'timestamp,value\n2013-12-02,"1'))
    assert isinstance(bad, BadItem)
