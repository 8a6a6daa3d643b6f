"""Bytes of a topic → a message of the contract, or why there is none. Pure.

Every consumer decodes here. Nothing that stands on a topic makes it raise: what a foreign producer wrote is refused,
and its neighbours are read. For readings the verdict is that of the table: what Spark refuses is refused here.
"""

import re
from datetime import datetime, timedelta
from typing import Final, Generic, NamedTuple, TypeVar

import msgspec

from iot_contracts.dead_letters import DeadLetterReason
from iot_contracts.readings import EARLIEST_EVENT_TIME, LATEST_EVENT_TIME, MAX_BRACKETS, Reading
from iot_domain.names import UncheckedName, is_name

MAX_DIGITS: Final = 1000
"""Most digits of a number, one more with a decimal point, as Jackson has it, which the table is read with."""

# Numbers, since to look for a byte in bytes takes a fifth of the time that bytes of length one take.
_BACKSLASH, _BRACKET, _BRACE, _Z = b"\\[{Z"
_TIME_KEY = b'"timestamp":"'
_TIME_KEY_LENGTH = len(_TIME_KEY)
_LONGEST_UTC_TIME = len("2026-03-01T12:00:00.123456Z")
_PLAIN_LENGTH = 1000
_FIRST_YEAR, _LAST_YEAR = EARLIEST_EVENT_TIME.year, LATEST_EVENT_TIME.year
_EXCESS_DIGITS = re.compile(r"(?<=\.\d{6})\d+")
_LARGEST_OFFSET = timedelta(hours=18)
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_LONG_NUMBER = re.compile(rf"[0-9.eE+-]{{{MAX_DIGITS + 1},}}")

M = TypeVar("M", bound=msgspec.Struct)


class Refusal(NamedTuple):
    """Why a message is not what the contract says."""

    reason: DeadLetterReason
    detail: str


class MessageDecoder(Generic[M]):
    """Decodes the messages of one type."""

    def __init__(self, message_type: type[M]) -> None:
        self._decode = msgspec.json.Decoder(message_type).decode

    def decode(self, message: bytes | None) -> M | Refusal:
        """The message, or why it is none. Never raises."""
        try:
            return self._decode(message or b"")
        except Exception as error:  # a decoder raises more than it documents: RecursionError, UnicodeDecodeError, …
            return _refusal(error)


class _UncheckedReading(Reading, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A reading but for the pattern of its names, which `is_name` knows: it costs more than all the rest."""

    sensor_id: UncheckedName
    sensor_type: UncheckedName


class _Time(msgspec.Struct):
    timestamp: str


_reading = msgspec.json.Decoder(_UncheckedReading).decode
_time = msgspec.json.Decoder(_Time).decode


def decode_reading(message: bytes | None) -> Reading | Refusal:
    """The reading in a message of `iot-sensors`, its time cut to the microsecond, or why it is none. Never raises.

    The usual message, as ingest-api writes it, is recognised by looks and needs no second look.
    """
    try:
        reading = _reading(message or b"")
        assert message is not None  # noqa: S101 - nothing was decoded of it otherwise
        if not (is_name(reading.sensor_id) and is_name(reading.sensor_type)):
            return Refusal(DeadLetterReason.INVALID_FIELD, "sensor_id or sensor_type: not a name")
        at = message.rfind(_TIME_KEY) + _TIME_KEY_LENGTH
        end = message.find(b'"', at)
        is_plain = (
            _BACKSLASH not in message
            and (message.isascii() or message.decode())  # which raises; the decoder looks at known fields only
            and len(message) <= _PLAIN_LENGTH
            and _BRACKET not in message
            and message.rfind(_BRACE) == 0
            and at > _TIME_KEY_LENGTH
            and end - at <= _LONGEST_UTC_TIME
            and message[end - 1] == _Z
            and _FIRST_YEAR < reading.timestamp.year < _LAST_YEAR
        )
        return reading if is_plain else _judged(message, reading)
    except Exception as error:  # as above
        return _refusal(error)


def _judged(message: bytes, reading: Reading) -> Reading | Refusal:
    """What the table makes of a message that the contract's decoder takes: it is stricter in these points."""
    text = message.decode()
    if not _is_within_limits(text):
        return Refusal(DeadLetterReason.NOT_JSON, "is nested too deeply, or a number in it is too long")
    given = _time(message).timestamp
    cut = _EXCESS_DIGITS.sub("", given)
    time = reading.timestamp if cut == given else msgspec.convert(cut, datetime)
    offset = time.utcoffset()
    if offset is None or abs(offset) > _LARGEST_OFFSET or not EARLIEST_EVENT_TIME <= time <= LATEST_EVENT_TIME:
        return Refusal(DeadLetterReason.INVALID_FIELD, "timestamp: out of range")
    return reading if cut == given else msgspec.structs.replace(reading, timestamp=time)


def _is_within_limits(text: str) -> bool:
    if text.count("[") + text.count("{") > MAX_BRACKETS:
        return False
    if len(text) <= MAX_DIGITS:
        return True
    numbers: list[str] = _LONG_NUMBER.findall(_STRING.sub('""', text))
    return all(sum(map(str.isdigit, number)) <= MAX_DIGITS + number.count(".") for number in numbers)


def _refusal(error: Exception) -> Refusal:
    if not isinstance(error, msgspec.ValidationError):
        return Refusal(DeadLetterReason.NOT_JSON, f"{type(error).__name__}: {error}")
    is_missing = "missing required field" in str(error)
    reason = DeadLetterReason.MISSING_FIELD if is_missing else DeadLetterReason.INVALID_FIELD
    return Refusal(reason, str(error))
