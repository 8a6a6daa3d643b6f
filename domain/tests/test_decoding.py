"""Whatever bytes come: a message of the contract, or a reason. For readings the reason is the table's."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot_contracts.dead_letters import DeadLetterReason
from iot_contracts.readings import MAX_BRACKETS, MAX_VALUE, Reading
from iot_contracts.topics import TOPICS
from iot_domain.decoding import MAX_DIGITS, MessageDecoder, Refusal, decode_reading

EXAMPLES = Path(__file__).parents[2] / "contracts" / "examples"
MESSAGE: dict[str, Any] = {
    "reading_id": "019ca8f5-2c00-7a2b-8c3d-0123456789ab",
    "sensor_id": "SENSOR_001",
    "sensor_type": "temperature",
    "location": "Tangier-Centre",
    "value": 21.5,
    "unit": "Celsius",
    "timestamp": "2026-03-01T12:00:00Z",
}


def as_bytes(**changes: Any) -> bytes:
    return json.dumps(MESSAGE | changes, separators=(",", ":"), ensure_ascii=False).encode()


def with_unknown(value: bytes) -> bytes:
    return as_bytes()[:-1] + b',"x":' + value + b"}"


def nested(depth: int) -> bytes:
    return with_unknown(b"[" * depth + b"]" * depth)


def reason(message: bytes | None) -> DeadLetterReason | None:
    verdict = decode_reading(message)
    return verdict.reason if isinstance(verdict, Refusal) else None


POISON = [
    None,
    b"",
    b"\xff",
    b"\x00",
    b'"\xed\xa0\x80"',
    b"[" * 5000,
    b"[" * 5000 + b"]" * 5000,
    b"[" * 100_000 + b"]" * 100_000,
    b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    nested(5000),
    nested(100_000),
    with_unknown(b'{"a":' * 5000 + b"1" + b"}" * 5000),
    with_unknown(b"9" * 100_000),
    with_unknown(b'"\xff"'),
    with_unknown(b'"\\ud800"'),
    as_bytes(value=1).replace(b":1,", b":1e999999999,"),
    as_bytes(timestamp="9999-12-31T23:59:59.9999999-23:59"),
    as_bytes(timestamp="0001-01-01T00:00:00+23:59"),
]


@pytest.mark.parametrize("message", POISON, ids=lambda message: repr(message)[-20:])
def test_a_message_that_no_decoder_expects_is_refused_with_a_reason(message: bytes | None) -> None:
    assert reason(message) is not None
    for topic in TOPICS:
        assert isinstance(MessageDecoder(topic.payload).decode(message), (Refusal, topic.payload))


@given(st.binary() | st.recursive(st.binary(), lambda inner: inner.map(lambda text: b'{"timestamp":"' + text + b"}")))
def test_no_bytes_make_a_decoder_raise(message: bytes) -> None:
    assert isinstance(decode_reading(message), (Refusal, Reading))
    for topic in TOPICS:
        assert isinstance(MessageDecoder(topic.payload).decode(message), (Refusal, topic.payload))


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_the_contracts_examples_are_judged_as_it_says(topic: Any) -> None:
    decoder = MessageDecoder(topic.payload)
    for path in (EXAMPLES / topic.name).glob("*/*.json"):
        assert isinstance(decoder.decode(path.read_bytes()), Refusal) == (path.parent.name == "invalid"), path


def test_a_reading_as_ingest_api_writes_it_is_what_was_written() -> None:
    reading = msgspec.convert(MESSAGE, Reading)
    decoded = decode_reading(msgspec.json.encode(reading))
    assert isinstance(decoded, Reading)
    assert msgspec.structs.asdict(decoded) == msgspec.structs.asdict(reading)


def test_nesting_and_numbers_have_limits_that_no_interpreter_decides() -> None:
    assert reason(nested(MAX_BRACKETS - 1)) is None
    assert reason(nested(MAX_BRACKETS)) is DeadLetterReason.NOT_JSON
    for number in (b"-" + b"9" * MAX_DIGITS, b"0." + b"9" * MAX_DIGITS, b"1e+" + b"0" * (MAX_DIGITS - 1)):
        assert reason(with_unknown(number)) is None
        assert reason(with_unknown(number + b"0")) is DeadLetterReason.NOT_JSON
    assert reason(with_unknown(b'"' + b"9" * 5000 + b'"')) is None


@pytest.mark.parametrize(
    ("digits", "microsecond"),
    [("1", 100_000), ("123456", 123_456), ("1234569", 123_456), ("999999999", 999_999), ("0000009", 0)],
)
@pytest.mark.parametrize("layout", [as_bytes, lambda **fields: json.dumps(MESSAGE | fields, indent=1).encode()])
def test_a_time_is_cut_to_the_microsecond_and_never_rounded(layout: Any, digits: str, microsecond: int) -> None:
    reading = decode_reading(layout(timestamp=f"2026-03-01T12:00:00.{digits}Z"))
    assert isinstance(reading, Reading)
    assert reading.timestamp == datetime(2026, 3, 1, 12, 0, 0, microsecond, UTC)


def test_the_time_of_the_message_counts_not_one_inside_of_it() -> None:
    message = as_bytes(timestamp="2026-03-01T12:00:00.1234569Z", x={"timestamp": "2026-03-01T12:00:00Z"})
    reading = decode_reading(message)
    assert isinstance(reading, Reading)
    assert reading.timestamp.microsecond == 123_456


@pytest.mark.parametrize("field", ["sensor_id", "sensor_type"])
@pytest.mark.parametrize("name", ["name\n", "a name", "-name", "é"])
def test_what_is_no_name_to_its_end_is_refused(field: str, name: str) -> None:
    assert reason(as_bytes(**{field: name})) is DeadLetterReason.INVALID_FIELD


@pytest.mark.parametrize("time", ["0001-01-01T23:59:59Z", "9999-12-30T00:00:00.000001Z", "2026-03-01T12:00:00+18:01"])
def test_a_time_that_some_programs_cannot_hold_is_refused(time: str) -> None:
    assert reason(as_bytes(timestamp=time)) is DeadLetterReason.INVALID_FIELD


@pytest.mark.parametrize("value", [MAX_VALUE, -MAX_VALUE, 1e-300, 0])
def test_a_value_up_to_the_bound_is_a_reading(value: float) -> None:
    assert reason(as_bytes(value=value)) is None


@pytest.mark.parametrize("value", [1.7e308, -1.7e308, 1.001e100])
def test_a_value_over_the_bound_is_refused(value: float) -> None:
    assert reason(as_bytes(value=value)) is DeadLetterReason.INVALID_FIELD


def test_a_missing_field_is_told_from_an_invalid_one() -> None:
    assert reason(b"{}") is DeadLetterReason.MISSING_FIELD
    assert reason(as_bytes(unit="")) is DeadLetterReason.INVALID_FIELD
    assert reason(b"{") is DeadLetterReason.NOT_JSON
