"""Lines that InfluxDB's reference forbids or takes, each between two good ones, at its three write addresses."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from iot_domain.reading_files.faults import NOT_A_NAME

TIME = 1772366400_000_000_000
NEXT = b"m,sensor_id=next value=2 %d" % TIME
BOM = b"\xef\xbb\xbf"


PATHS = ["/write", "/api/v2/write", "/api/v3/write_lp"]


def between_others(line: bytes) -> bytes:
    return b"m,sensor_id=previous value=1 %d\n%b\n%b\n" % (TIME, line, NEXT)


NOTHING: list[tuple[str, str, float]] = []
LEGAL = [
    # A line whose first character that is no blank is `#` is a comment, whatever follows.
    (b"#climate,sensor_id=a value=1", NOTHING),
    (b"  #climate,sensor_id=a value=1", NOTHING),
    (b"\t #climate,sensor_id=a value=1 %d" % TIME, NOTHING),
    (b'#m s="open', NOTHING),
    (b"#m value=1\r", NOTHING),
    (b"# \xff is no UTF-8", NOTHING),
    (b"#", NOTHING),
    (b"##", NOTHING),
    (b" \t\r", NOTHING),
    # Anywhere else it is data.
    (b"m,sensor_id=a,sensor_type=t x#y=1", [("a", "t", 1)]),
    (b"m,sensor_id=a,tag=#b value=1", [("a", "m", 1)]),
    (b'm,sensor_id=a text="# no comment",value=1', [("a", "m", 1)]),
    (b'm,sensor_id=a text="\n# no comment\nm,sensor_id=b value=5",value=1', [("a", "m", 1)]),
    (b'm,sensor_id=a text="\\"\n#\\\\",value=1', [("a", "m", 1)]),
    (b"\\#m,sensor_id=a,sensor_type=t value=1", [("a", "t", 1)]),
    # Numbers.
    (b"m,sensor_id=a value=-0", [("a", "m", 0)]),
    (b"m,sensor_id=a value=.5", [("a", "m", 0.5)]),
    (b"m,sensor_id=a value=1.", [("a", "m", 1)]),
    (b"m,sensor_id=a value=1.5e+3", [("a", "m", 1500)]),
    (b"m,sensor_id=a value=1E-3", [("a", "m", 0.001)]),
    (b"m,sensor_id=a value=007i", [("a", "m", 7)]),
    (b"m,sensor_id=a value=9007199254740992i", [("a", "m", 2**53)]),
    (b"m,sensor_id=a value=-9223372036854775808i", [("a", "m", -(2**63))]),
    (b"m,sensor_id=a value=9223372036854775808u", [("a", "m", 2**63)]),
    (b"m,sensor_id=a value=1 00000000000000000001772366400000000000", [("a", "m", 1)]),
    # Blanks, keys and values.
    (b"  m,sensor_id=a   value=1   %d  \r" % TIME, [("a", "m", 1)]),
    (b"m,sensor_id=a,path=C:\\Windows\\\\x value=1", [("a", "m", 1)]),
    (b"m,sensor_id=a,k=\\=\\,\\  value=1", [("a", "m", 1)]),
    (b'm,sensor_id=a,k="x",time_of_day=noon value=1', [("a", "m", 1)]),
    ("m,sensor_id=a,k=\u2028é value=1".encode(), [("a", "m", 1)]),
]


@pytest.mark.parametrize(("line", "expected"), LEGAL)
async def test_a_legal_line_is_read_as_the_reference_says(
    client: httpx.AsyncClient, producer: Any, line: bytes, expected: list[tuple[str, str, float]]
) -> None:
    for path in PATHS:
        producer.written.clear()
        answer = await client.post(path, content=between_others(line))
        assert (answer.status_code, answer.content) == (204, b"")
        found = [(reading.sensor_id, reading.sensor_type, reading.value) for reading in producer.written]
        assert found == [("previous", "m", 1), *expected, ("next", "m", 2)]


FORBIDDEN = [
    (b"m,sensor_id=a,sensor_id=b value=1", "the tag 'sensor_id' is there more than once"),
    (b"m,x=1,y=2,x=1 value=1", "the tag 'x' is there more than once"),
    (b"m,a\\ b=1,a\\ b=2 value=1", "the tag 'a b' is there more than once"),
    (b"m,sensor_id=a value=1,value=2", "the field 'value' is there more than once"),
    (b"m,sensor_id=a value=1,other=2,value=1", "the field 'value' is there more than once"),
    (b'm,sensor_id=a note="x",value=1,note="y"', "the field 'note' is there more than once"),
    (b"m,sensor_id=a battery_level=1,battery_level=2,value=1", "the field 'battery_level' is there more than once"),
    (b'm value=1,reading_id="{019ca8f5-2c00-7a2b-8c3d-0123456789ab}"', "reading_id is a UUID"),
    (b'm value=1,reading_id="1"', "reading_id is a UUID"),
    (b"m battery_level=true,value=1", "battery_level is a percentage, a number"),
    (b"m,sensor_id=a\\ b value=1", NOT_A_NAME),
    (b"m,sensor_id=" + b"a" * 65 + b" value=1", NOT_A_NAME),
    (b"m,sensor_type=_a value=1", NOT_A_NAME),
    (b"_m,sensor_id=a value=1", "'_m' begins with _"),
    (b"m,_tag=a value=1", "'_tag' is reserved"),
    (b"m,sensor_id=a _value=1", "'_value' is reserved"),
    (b"m,time=a value=1", "'time' is reserved"),
    (b"m,sensor_id=a time=1,value=1", "'time' is reserved"),
    (b"m,sensor_id= value=1", "missing tag key or tag value"),
    (b"m,=a value=1", "missing tag key or tag value"),
    (b"m,sensor_id=a, value=1", "missing tag key or tag value"),
    (b"m,k=a=b value=1", "unexpected '='"),
    (b"m,k=a\tb value=1", "unexpected '\\t'"),
    (b"m\x00,k=a value=1", "unexpected '\\x00'"),
    (b"m,k=a\x7f value=1", "unexpected '\\x7f'"),
    (b"m,k=a\rvalue=1", "unexpected '\\r'"),
    (b"m\tvalue=1", "unexpected '\\t'"),
    (b"m v\x01=1", "missing field key"),
    (b"m,k=a\\\\,b=c value=1", "several before a separator"),
    (b"m,k=a\\\\ value=1", "several before a separator"),
    (b"m,k=a\\", "a backslash at the end"),
    (b"m value=+1", "no number"),
    (b"m value=+1i", "no number"),
    (b"m value=1_0", "no number"),
    (b"m value=1_0i", "no number"),
    (b"m value=0x1p3", "no number"),
    (b"m value=inf", "no number"),
    (b"m value=-Infinity", "no number"),
    (b"m value=nan", "no number"),
    (b"m value=1.5i", "no number"),
    (b"m value=1e3i", "no number"),
    (b"m value=--1", "no number"),
    (b"m value=.", "no number"),
    (b"m value=e5", "no number"),
    (b"m value=tRue", "no number"),
    (b"m value='x'", "no number"),
    (b'm value=1"', "no number"),
    (b'm value=1"x"', "no number"),
    (b"m value=1\t", "no number"),
    ("m value=١".encode(), "no number"),
    ("m value=１i".encode(), "no number"),
    (b"m value=1e400", "out of the range of a float"),
    (b"m value=99999999999999999999i", "out of the range of 64 bits"),
    (b"m value=18446744073709551616u", "out of the range of 64 bits"),
    (b"m value=9007199254740993i", "more digits than"),
    (b"m value=18446744073709551615u", "more digits than"),
    (b"m value=1 +1", "invalid timestamp"),
    (b"m value=1 1.5", "invalid timestamp"),
    (b"m value=1 1_0", "invalid timestamp"),
    ("m value=1 １".encode(), "invalid timestamp"),
    (b"m value=1 %d %d" % (TIME, TIME), "invalid timestamp"),
    (b"m value=1 9223372036854775807", "out of the range of 64 bits"),
    (b"m value=1 -9223372036854775808", "out of the range of 64 bits"),
    (b"m value=1 %b" % (b"9" * 5_000), "out of the range of 64 bits"),
    (b'm text="open,value=1', "missing field key or field value"),
    (b"m,k=\xff value=1", "not UTF-8 at byte 4 of the line"),
    (b"m,k=\xed\xa0\x80 value=1", "not UTF-8 at byte 4 of the line"),
    (b'm,k=\xc3\xa9 text="\xe9",value=1', "not UTF-8 at byte 13 of the line"),
]


@pytest.mark.parametrize(("line", "cause"), FORBIDDEN)
async def test_a_forbidden_line_is_refused_with_its_cause_and_its_neighbours_are_taken(
    client: httpx.AsyncClient, producer: Any, line: bytes, cause: str
) -> None:
    for path in PATHS:
        producer.written.clear()
        answer = await client.post(path, content=between_others(line))
        body = answer.json()
        assert answer.status_code == 400
        if path == "/api/v3/write_lp":
            assert [entry["line_number"] for entry in body["data"]] == [2]
            text = body["data"][0]["error_message"]
        else:
            text = body["error"] if path == "/write" else body["message"]
            assert "line 2: " in text
        assert cause in text
        assert [(reading.sensor_id, reading.value) for reading in producer.written] == [("previous", 1), ("next", 2)]


@pytest.mark.parametrize("broken", [b"m value=,", b'm text="a" x,', b"m,k= v=1,"])
@pytest.mark.parametrize("path", PATHS)
async def test_what_stands_in_a_string_of_a_broken_line_is_no_line(
    client: httpx.AsyncClient, producer: Any, path: str, broken: bytes
) -> None:
    line = broken + b'text="\nm,sensor_id=b value=5\n#"'
    assert (await client.post(path, content=between_others(line))).status_code == 400
    assert [reading.sensor_id for reading in producer.written] == ["previous", "next"]


@pytest.mark.parametrize("path", PATHS)
async def test_an_integer_that_is_not_exact_leaves_the_other_fields_of_its_line(
    client: httpx.AsyncClient, producer: Any, path: str
) -> None:
    line = b"m,sensor_id=a big=9007199254740993i,value=1"
    assert (await client.post(path, content=between_others(line))).status_code == 400
    assert [reading.sensor_id for reading in producer.written] == ["previous", "a", "next"]


@pytest.mark.parametrize("path", PATHS)
async def test_a_byte_order_mark_before_the_first_line_is_skipped(
    client: httpx.AsyncClient, producer: Any, path: str
) -> None:
    for first in (b"m,sensor_id=a value=1", b"#m,sensor_id=b value=1\nm,sensor_id=a value=1"):
        assert (await client.post(path, content=BOM + first)).status_code == 204
    assert [(reading.sensor_id, reading.sensor_type) for reading in producer.written] == [("a", "m")] * 2
    answer = await client.post(path, content=BOM + NEXT + b"\nm,k=\xff v=1")
    assert "not UTF-8 at byte 4 of the line" in answer.text


@pytest.mark.parametrize("path", PATHS)
async def test_points_a_nanosecond_apart_are_three_readings(
    client: httpx.AsyncClient, producer: Any, path: str
) -> None:
    body = b"\n".join(b"m,host=a value=1 %d" % (TIME + n) for n in range(3))
    for _ in range(2):
        assert (await client.post(path, content=body)).status_code == 204
    first, again = producer.written[:3], producer.written[3:]
    assert len({reading.reading_id for reading in first}) == 3
    assert [reading.reading_id for reading in again] == [reading.reading_id for reading in first]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("line", ["m {0}=1,{0}=2", "m,{0}=1,{0}=2 value=1", "_{0} value=1", "m _{0}=1"])
async def test_the_answer_stays_small_whatever_name_is_refused(client: httpx.AsyncClient, path: str, line: str) -> None:
    answer = await client.post(path, content=line.format("x" * 4000))
    assert (answer.status_code, len(answer.content) < 1000) == (400, True)


async def test_a_line_of_too_many_numbers_is_refused_before_they_become_readings(
    client: httpx.AsyncClient, app: FastAPI
) -> None:
    fields = ",".join(f"f{number}=1" for number in range(21))
    answer = await client.post("/write", content=f"m {fields}")
    assert answer.status_code == 413
    assert app.state.runtime.points._quantity.cache_info().currsize == 0
