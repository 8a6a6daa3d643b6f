"""Parse and validate together: Spark's verdict is the domain's own, for the same bytes."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import Row

from iot_contracts.dead_letters import DeadLetterReason
from iot_contracts.readings import MAX_BRACKETS, MAX_VALUE, Reading
from iot_contracts.topics import IOT_SENSORS
from iot_domain.decoding import MAX_DIGITS, Refusal, decode_reading

EXAMPLES = Path(__file__).parents[4] / "contracts" / "examples" / IOT_SENSORS.name
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Judge = Callable[[Sequence[bytes | None]], list[Row]]
Message = Callable[..., dict[str, Any]]


def by_domain(message: bytes) -> Reading | None:
    """What every other consumer makes of a message; None when it refuses it."""
    verdict = decode_reading(message)
    return None if isinstance(verdict, Refusal) else verdict


def fields_of(reading: Reading) -> dict[str, Any]:
    fields = msgspec.structs.asdict(reading)
    event_time_us = (fields.pop("timestamp") - EPOCH) // timedelta(microseconds=1)
    return {**fields, "reading_id": str(reading.reading_id), "event_time_us": event_time_us}


def assert_same_verdicts(messages: Sequence[bytes], verdicts: Sequence[Row]) -> None:
    for message, verdict in zip(messages, verdicts, strict=True):
        reading = by_domain(message)
        if reading is None:
            assert verdict["dead_letter_reason"] in set(DeadLetterReason), message
            assert bytes(verdict["payload"]) == message
        else:
            assert (verdict["dead_letter_reason"], verdict["payload"]) == (None, None), (message, verdict)
            expected = fields_of(reading)
            assert {name: verdict[name] for name in expected} == expected, message


def as_bytes(message: dict[str, Any]) -> bytes:
    return json.dumps(message, ensure_ascii=False).encode()


def with_member(message: dict[str, Any], member: str) -> bytes:
    """The message with `member`, some JSON text, in the place of the field that it names."""
    name = member.split('"')[1] if '"' in member else ""
    rest = {key: value for key, value in message.items() if key != name}
    return as_bytes(rest)[:-1] + b"," + member.encode() + b"}"


def test_the_verdict_on_every_example_is_the_contracts(judge: Judge) -> None:
    examples = sorted(EXAMPLES.glob("*/*.json"))
    messages = [path.read_bytes() for path in examples]
    verdicts = judge(messages)
    assert_same_verdicts(messages, verdicts)
    expected = [path.parent.name == "valid" for path in examples]
    assert [verdict["dead_letter_reason"] is None for verdict in verdicts] == expected


STRANGE_TEXTS = ("", "null", "1", '"x"', "[]", "{}", " ", "{", "}", "\x00", "{}{}", '{},"reading":{}')
STRANGE_ENDS = ("}", "}}", "]", ",", "x", "\x00", "{}", '},"x":{}', ',"x":1', "},{", "],[1", "//", " \r\n\t", "\xa0")
STRANGE_BYTES = (b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80")
# Each Python and Jackson has a limit of its own on nesting; this is over all of them.
DEEP = '"x":' + "[" * 20_000 + "]" * 20_000
STRANGE_MEMBERS = (
    *('"x":NaN', '"x":01', '"x":1.', '"x":+1', "'x':1", "x:1", '"x":tru', '"x":"\x01"', '"x":"\\x"', '"x":/**/1'),
    *('"x":"\\ud800"', '"x":"\\ud83d\\ude00"', '"x":"\\\\ud800"', '"x":"\\\\\\ud800"', '"\\ud800":1'),
    *('"Value":"x"', '"_malformed":1', '"reading":1', DEEP, '"\\u0076alue":"a"'),
    *(f'"value":{v}' for v in ("1e999", "-0.0", "1E5", "true", "null", '"1"', '"NaN"', "[1]", "9" * 400, "1e-400")),
    *(f'"is_anomaly":{v}' for v in ("null", "1", '"true"', "{}")),
    *(f'"battery_level":{v}' for v in ("null", "0", "-0.0", "-1e-300", "100", "100.00000000000001", "{}", '"5"')),
    *(f'"location":{v}' for v in ("42", "{}", "true", '""', '" "', '"\\u0000"', '"\\udc00"', '"\\ud83d\\ude00"')),
    *(f'"location":"{v}"' for v in ("é" * 64, "é" * 65, "😀" * 64, "😀" * 65, "\x7f", "\t", "\\t", "\\/", "\\'")),
    *(f'"sensor_id":"{v}"' for v in ("a\\n", "a\\r\\n", "a\\u2028", "a\\u0085", "-a", "a.b:c_d-", "a" * 65, "é")),
    *(f'"unit":"{v}"' for v in ("u" * 32, "u" * 33, "")),
)
UUID = "019ca8f5-2c00-7a2b-8c3d-0123456789ab"
UUIDS = (
    *(UUID.upper(), UUID.replace("-", ""), "0" * 32, UUID[:-1], UUID + "0", UUID + "\n", " " + UUID, f"{{{UUID}}}"),
    *(UUID.replace("-", "_"), UUID.replace("-", "", 1), UUID.replace("0", "g"), UUID.replace("0", "٠"), 42, None),
)
DAYS = (
    *("2026-02-29", "2024-02-29", "1900-02-29", "2026-13-01", "2026-04-31", "2026-3-1", "1582-10-10", "２026-03-01"),
    *("0000-01-01", "0001-01-02", "9999-12-29", "10000-01-01", "-2026-03-01"),
)
HOURS = (
    "12:00",
    "24:00:00",
    "23:59:60",
    "12:00:00.",
    "12:00:00.1",
    "12:00:00.123456",
    "12:00:00.1234569",
    "12:00:00.9999999",
    "12:00:00,1",
    "1:00:00",
)
OFFSETS = (
    "z",
    "",
    " Z",
    "Z ",
    "Z\n",
    "UTC",
    "+0100",
    "+01",
    "+01:0",
    "-00:00",
    "+18:00",
    "-18:00",
    "+24:00",
    "+12:60",
    "+18:01",
    "-23:59",
)
TIMES = (
    *(f"{day}T12:00:00Z" for day in DAYS),
    *(f"2026-03-01T{hour}Z" for hour in HOURS),
    *(f"2026-03-01T12:00:00{offset}" for offset in OFFSETS),
    *(
        "2026-03-01t12:00:00Z",
        "2026-03-01 12:00:00Z",
        "2026-03-01_12:00:00Z",
        "2026-03-01",
        "now",
        "",
        1767225600,
        None,
    ),
)


def test_the_verdict_on_every_strange_message_is_the_contracts(judge: Judge, a_message: Message) -> None:
    whole = as_bytes(a_message())
    messages = [
        *(text.encode() for text in STRANGE_TEXTS),
        *(whole + end.encode() for end in STRANGE_ENDS),
        *(whole.replace(b"Tangier", wrong) for wrong in STRANGE_BYTES),
        *(b" \n" + whole, b"\xef\xbb\xbf" + whole, b"[" + whole + b"]", b'{},"reading":' + whole, whole[:-1]),
        *(with_member(a_message(), member) for member in STRANGE_MEMBERS),
        *(as_bytes(a_message(reading_id=text)) for text in UUIDS),
        *(as_bytes(a_message(timestamp=text)) for text in TIMES),
        *(as_bytes({k: v for k, v in a_message().items() if k != left_out}) for left_out in a_message()),
    ]
    assert_same_verdicts(messages, judge(messages))


times = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 28), timezones=st.timezones()).map(datetime.isoformat)
anything: st.SearchStrategy[object] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=70) | st.just([]) | st.just({})
)
replacements = st.fixed_dictionaries(
    {},
    optional={
        "reading_id": st.uuids().map(str) | anything,
        "sensor_id": st.from_regex(r"[A-Za-z0-9_.:\-]{1,66}", fullmatch=True) | anything,
        "sensor_type": st.text("abcXYZ019-_.:", min_size=1) | anything,
        "location": st.text(max_size=66) | anything,
        "value": st.floats() | st.integers() | anything,
        "unit": st.text(max_size=33) | anything,
        "timestamp": times | anything,
        "is_anomaly": st.booleans() | anything,
        "battery_level": st.floats(-1, 101) | anything,
        "unknown": anything,
    },
)


@st.composite
def messages_near(draw: st.DrawFn, whole: dict[str, Any]) -> bytes:
    """A whole message, some fields of which are replaced, as JSON of which some bytes may be."""
    message = json.dumps(whole | draw(replacements), ensure_ascii=draw(st.booleans())).encode()
    if draw(st.booleans()):
        return message
    at = draw(st.integers(0, len(message)))
    return message[:at] + draw(st.binary(max_size=2)) + message[at + draw(st.integers(0, 2)) :]


def test_the_verdict_on_any_message_is_the_contracts(judge: Judge, a_message: Message) -> None:
    @settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(messages_near(a_message()), min_size=100, max_size=100))
    def holds(messages: list[bytes]) -> None:
        assert_same_verdicts(messages, judge(messages))

    holds()


def test_a_time_is_cut_to_the_microsecond(judge: Judge, a_message: Message) -> None:
    (verdict,) = judge([as_bytes(a_message(timestamp="2026-03-01T12:00:00.1234569Z"))])
    assert verdict["event_time_us"] % 1_000_000 == 123_456


BEYOND_MOST_PROGRAMS = (
    *("2026-03-01T12:00:00+18:01", "2026-03-01T12:00:00-23:59"),
    *("0001-01-01T00:00:00Z", "0001-01-01T23:59:59Z", "9999-12-30T00:00:00.000001Z", "9999-12-31T23:59:59Z"),
)


def test_a_time_that_some_programs_cannot_hold_is_refused_by_every_consumer(judge: Judge, a_message: Message) -> None:
    messages = [as_bytes(a_message(timestamp=time)) for time in BEYOND_MOST_PROGRAMS]
    assert {by_domain(message) for message in messages} == {None}
    assert {verdict["dead_letter_reason"] for verdict in judge(messages)} == {DeadLetterReason.INVALID_FIELD}


@pytest.mark.parametrize("depth", [MAX_BRACKETS - 1, 998, 5000, 100_000])
def test_a_message_that_is_nested_deeply_is_a_dead_letter_and_its_neighbours_are_readings(
    judge: Judge, a_message: Message, depth: int
) -> None:
    arrays, objects = "[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth
    poison = [
        *(with_member(a_message(), f'"{field}":{value}') for field in a_message() for value in (arrays, objects)),
        *(text.encode() for text in (arrays, objects, "[" * depth, '{"a":' * depth, '{"reading":' * depth)),
        *(with_member(a_message(), f'"x":{"[" * depth}'), b"[" * depth + as_bytes(a_message()) + b"]" * depth),
    ]
    messages = [part for message in poison for part in (message, as_bytes(a_message()))]
    verdicts = judge(messages)
    assert_same_verdicts(messages, verdicts)
    assert [verdict["dead_letter_reason"] is None for verdict in verdicts] == [False, True] * len(poison)


def test_numbers_of_any_length_are_judged_by_every_consumer_alike(judge: Judge, a_message: Message) -> None:
    lengths = (MAX_DIGITS - 1, MAX_DIGITS, MAX_DIGITS + 1, 100_000)
    numbers = [number for n in lengths for number in ("9" * n, "-" + "9" * n, "0." + "9" * n, "1e" + "0" * (n - 1))]
    messages = [
        with_member(a_message(), f'"{field}":{number}') for field in ("x", "value", "location") for number in numbers
    ]
    assert_same_verdicts(messages, judge(messages))


def test_a_value_is_bounded_by_the_contract(judge: Judge, a_message: Message) -> None:
    values = (MAX_VALUE, -MAX_VALUE, 1.0000001 * MAX_VALUE, -1.7e308, 1.7e308)
    messages = [as_bytes(a_message(value=value)) for value in values]
    verdicts = judge(messages)
    assert_same_verdicts(messages, verdicts)
    assert [verdict["dead_letter_reason"] is None for verdict in verdicts] == [True, True, False, False, False]
    assert verdicts[-1]["dead_letter_detail"] == "value: expected a finite number from -1e+100 to 1e+100"


def test_a_reason_names_the_field_and_what_was_expected(judge: Judge, a_message: Message) -> None:
    wrong = [
        b"no JSON",
        None,
        as_bytes(a_message(value=None)),
        as_bytes(a_message(value="1")),
        as_bytes(a_message(battery_level=100.5)),
        as_bytes(a_message(is_anomaly="true")),
        as_bytes(a_message(sensor_id="SENSOR 1")),
        as_bytes(a_message(timestamp="yesterday")),
        as_bytes(a_message(reading_id="42", value=None)),
    ]
    not_json, missing, invalid = DeadLetterReason
    assert [(v["dead_letter_reason"], v["dead_letter_detail"]) for v in judge(wrong)] == [
        (not_json, "the message is not one JSON object in UTF-8"),
        (not_json, "the message is not one JSON object in UTF-8"),
        (missing, "value is missing, null or of the wrong JSON type"),
        (missing, "value is missing, null or of the wrong JSON type"),
        (invalid, "battery_level: expected a finite number from 0 to 100"),
        (invalid, "one of is_anomaly, battery_level has the wrong JSON type"),
        (invalid, "sensor_id: expected 1 to 64 characters that match ^[A-Za-z0-9][A-Za-z0-9_.:\\-]*$"),
        (invalid, "timestamp: expected an RFC 3339 date and time with an offset"),
        (invalid, "reading_id: expected a UUID"),
    ]


def test_the_reading_id_comes_out_in_its_canonical_form(judge: Judge, a_message: Message) -> None:
    (verdict,) = judge([as_bytes(a_message(reading_id="019CA8F52C007A2B8C3D0123456789AB"))])
    assert verdict["reading_id"] == a_message()["reading_id"]


def test_a_message_says_where_in_kafka_it_stood(judge: Judge, a_message: Message) -> None:
    verdicts = judge([as_bytes(a_message()), b"{}"])
    assert [(v["kafka_partition"], v["kafka_offset"]) for v in verdicts] == [(0, 0), (0, 1)]
