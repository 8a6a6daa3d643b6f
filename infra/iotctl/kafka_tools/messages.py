"""What a record of any topic is to a person and to a filter: where it stands, when it came, what it says. Pure."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from iot_contracts.readings import MAX_BRACKETS
from iot_domain.reading_files.json_items import read_fields

_READING = ("sensor_id", "sensor_type", "value", "unit", "location", "timestamp")


@dataclass(frozen=True)
class Message:
    """One record. `fields` are those of its JSON object, None when it is none."""

    topic: str
    partition: int
    offset: int
    time: datetime
    key: bytes | None
    payload: bytes
    fields: dict[str, Any] | None

    def names(self) -> dict[str, Any]:
        """Return what a filter may name: the message's own fields, and where it stands."""
        place = {"topic": self.topic, "partition": self.partition, "offset": self.offset, "key": _text(self.key)}
        return {**place, **(self.fields or {})}

    def as_json(self) -> dict[str, Any]:
        """Return it for programs; a payload that is no JSON object is given in base64."""
        return {
            "topic": self.topic,
            "partition": self.partition,
            "offset": self.offset,
            "time": rfc3339(self.time),
            "key": _text(self.key),
            **(
                {"payload_base64": base64.b64encode(self.payload).decode()}
                if self.fields is None
                else {"message": self.fields}
            ),
        }

    def line(self) -> str:
        """Return it for people, on one line."""
        return printable(f"{self.topic} {self.partition} {self.offset} {rfc3339(self.time)}  {self._said()}")

    def _said(self) -> str:
        fields = self.fields
        if fields is None:
            return repr(self.payload)
        if not all(name in fields for name in _READING):
            return json.dumps(fields, ensure_ascii=False)
        rest = {name: value for name, value in fields.items() if name not in _READING}
        measured = f"{fields['sensor_type']} {fields['value']} {fields['unit']}"
        more = " ".join(f"{name}={value}" for name, value in rest.items())
        return f"{fields['sensor_id']}  {measured}  {fields['location']}  {fields['timestamp']}  {more}".rstrip()


def message(
    topic: str, partition: int, offset: int, timestamp_ms: int, key: bytes | None, payload: bytes | None
) -> Message:
    """Return the message of one record; a payload of None (a deletion) counts as empty."""
    payload = payload or b""
    return Message(topic, partition, offset, _time(timestamp_ms), key, payload, json_object(payload))


def json_object(payload: bytes) -> dict[str, Any] | None:
    """Return the fields of a JSON object that can be written as JSON again, None for anything else.

    That is shown byte for byte; an object whose fields repeat counts as anything else.
    """
    if payload.count(b"[") + payload.count(b"{") > MAX_BRACKETS:
        return None
    try:
        read_fields(payload)
        value = json.loads(payload)
    except (ValueError, RecursionError, msgspec.DecodeError):
        return None
    return value if isinstance(value, dict) else None


def _time(timestamp_ms: int) -> datetime:
    """Return the time of a record; a producer may have written any number, and no calendar has some of them."""
    try:
        return datetime.fromtimestamp(timestamp_ms / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.min.replace(tzinfo=UTC) if timestamp_ms < 0 else datetime.max.replace(tzinfo=UTC)


def printable(text: str) -> str:
    """Return a line with control characters escaped: whoever sends a reading must not write to a terminal by it."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def rfc3339(time: datetime) -> str:
    """Return a time in UTC to the millisecond."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _text(key: bytes | None) -> str | None:
    return None if key is None else key.decode(errors="replace")
