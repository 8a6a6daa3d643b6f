"""What a file to replay holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite

import msgspec

from iot_contracts.readings import Reading, SubmittedReading
from simulator.reading_ids import replayed_reading_id


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement of a series. `line` is its line in the file, the header being line 1."""

    line: int
    timestamp: datetime
    value: float


@dataclass(frozen=True)
class BadRow:
    """A part of a file that is no measurement: where it is, as in `line 3`, and why."""

    place: str
    reason: str


Record = Row | Reading | BadRow


def reading_from(number: int, submitted: SubmittedReading) -> Reading:
    """The reading, with an id of its place in the file (the same each time) where it has none of its own.

    Raises ValueError when its time is milliseconds that no calendar has.
    """
    timestamp = _instant(submitted.timestamp)
    reading_id = submitted.reading_id or replayed_reading_id(submitted.sensor_id, number, timestamp, submitted.value)
    fields = msgspec.structs.asdict(submitted) | {"reading_id": reading_id, "timestamp": timestamp}
    return Reading(**fields)


def _instant(timestamp: datetime | float) -> datetime:
    if isinstance(timestamp, datetime):
        return timestamp
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=timestamp)
    except OverflowError as error:
        raise ValueError(f"{timestamp} ms since 1970 is in no calendar") from error


def reading_of_columns(place: str, number: int, columns: Mapping[str, object]) -> Reading | BadRow:
    """The reading of a table's row; a cell that is None or empty is a field that it hasn't."""
    fields = {name: cell for name, cell in columns.items() if cell is not None and cell != ""}
    try:
        if isinstance(fields.get("timestamp"), str):
            fields["timestamp"] = utc(str(fields["timestamp"]))
        submitted = msgspec.convert(fields, SubmittedReading, strict=False)
        if not isfinite(submitted.value):
            return BadRow(place, f"{submitted.value} is not finite")
        return reading_from(number, submitted)
    except (ValueError, OverflowError) as error:
        return BadRow(place, f"is no reading: {error}")


def utc(text: str) -> datetime:
    """An ISO 8601 timestamp; one without an offset is UTC. Raises ValueError or OverflowError for anything else."""
    timestamp = datetime.fromisoformat(text)
    return timestamp.replace(tzinfo=UTC) if timestamp.tzinfo is None else timestamp.astimezone(UTC)
