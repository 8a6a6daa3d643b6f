"""Points of line protocol as readings. Pure; docs/formats.md states the rules."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from ingest_api.formats.candidates import Candidate
from ingest_api.formats.json_items import check_count
from ingest_api.formats.quantities import Defaults, derived_id
from ingest_api.influx.line_protocol import (
    BrokenLine,
    FieldValue,
    Line,
    by_key,
    read_key,
    read_lines,
    read_value,
    split_fields,
)
from ingest_api.influx.precisions import ToNanoseconds, instant, point_time
from ingest_api.influx.series import InvalidSeriesError, Quantity, Series, find_quantity, find_series
from iot_contracts.problems import ItemError
from iot_contracts.readings import Reading, SubmittedReading

MAX_REMEMBERED_SERIES = 16_384
BATTERY_FIELD, ANOMALY_FIELD, ID_FIELD = "battery_level", "is_anomaly", "reading_id"


class Place(NamedTuple):
    """Where a line stands: its number from 1, and its first character in the text."""

    number: int
    start: int


@dataclass
class Points:
    """What the lines hold: candidates, and for each of them the place of its line."""

    text: str
    candidates: list[Candidate] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)

    def original_line(self, index: int, max_length: int) -> str:
        """The beginning of the line of candidate `index`, `?` for what is not UTF-8."""
        start = self.places[index].start
        line = self.text[start : start + max_length].split("\n", 1)[0]
        return line.encode(errors="replace").decode()


class Joined(NamedTuple):
    """What fields say of the other readings of their line."""

    battery_level: float | None
    is_anomaly: bool | None
    reading_id: UUID | None


class Point(NamedTuple):
    """What the readings of a line share; `nanoseconds` is its own time, if it has one."""

    series: Series
    nanoseconds: int | None
    timestamp: datetime
    joined: Joined


class PointMapper:
    """Turns lines into readings. What a series and its fields map to is remembered: lines repeat them."""

    def __init__(self, defaults: Defaults) -> None:
        self._series = functools.lru_cache(MAX_REMEMBERED_SERIES)(functools.partial(find_series, defaults=defaults))
        self._key = functools.lru_cache(MAX_REMEMBERED_SERIES)(read_key)
        self._quantity = functools.lru_cache(MAX_REMEMBERED_SERIES)(functools.partial(find_quantity, defaults=defaults))

    def decode(self, body: bytes, max_readings: int, to_nanoseconds: ToNanoseconds, now: datetime) -> Points:
        """The readings of all lines; a line without a time is of `now`.

        Raises TooManyReadingsError when there are more than `max_readings` lines or readings.
        """
        check_count(body.count(b"\n"), max_readings)
        text, lines = read_lines(body)
        points = Points(text)
        for line in lines:
            place = Place(line.number, line.start)
            found = self._candidates(line, len(points.candidates), max_readings, to_nanoseconds, now)
            points.candidates.extend(found)
            points.places.extend([place] * len(found))
            check_count(len(points.candidates), max_readings)
        return points

    def _candidates(
        self, line: Line | BrokenLine, index: int, max_readings: int, to_nanoseconds: ToNanoseconds, now: datetime
    ) -> Sequence[Candidate]:
        if isinstance(line, BrokenLine):
            return [_error(index, "", "malformed_line", line.cause)]
        try:
            time = point_time(line.time, to_nanoseconds) if line.time else None
        except ValueError as error:
            return [_error(index, "/timestamp", "invalid_field", f"{error}; check the precision")]
        try:
            series = self._series(line.series)
            pairs = [(self._key(key), read_value(text)) for key, text in split_fields(line.fields)]
            joined, numbers = _separate(by_key(pairs, "field"))
            check_count(index + len(numbers), max_readings)  # before any of them becomes a reading
            several = len(numbers) > 1
            quantities = [(self._quantity(series, key, several), value) for key, value in numbers.items()]
        except InvalidSeriesError as error:
            return [_error(index, error.pointer, "invalid_field", str(error))]
        except ValueError as error:
            return [_error(index, "", "malformed_line", str(error))]
        point = Point(series, time, now if time is None else instant(time), joined)
        return [_reading(index + n, point, quantity, value) for n, (quantity, value) in enumerate(quantities)]


def _separate(values: dict[str, FieldValue]) -> tuple[Joined, dict[str, float]]:
    """What joins the readings, and the fields that are readings: integers, floats and booleans, no string."""
    numbers = {key: value for key, value in values.items() if not isinstance(value, str)}
    battery_level = anomaly = reading_id = None
    if BATTERY_FIELD in numbers and numbers.keys() - {BATTERY_FIELD, ANOMALY_FIELD}:
        sent = numbers.pop(BATTERY_FIELD)
        battery_level = float(sent)
        if isinstance(sent, bool) or not 0 <= battery_level <= 100:
            raise InvalidSeriesError(f"/{BATTERY_FIELD}", "battery_level is a percentage, a number from 0 to 100")
    if isinstance(values.get(ANOMALY_FIELD), bool) and len(numbers) > 1:
        anomaly = bool(numbers.pop(ANOMALY_FIELD))
    if isinstance(text := values.get(ID_FIELD), str) and len(numbers) == 1:
        reading_id = _reading_id(text)
    return Joined(battery_level, anomaly, reading_id), numbers


def _reading_id(text: str) -> UUID:
    try:
        return msgspec.convert(text, UUID)
    except msgspec.ValidationError:
        raise InvalidSeriesError(f"/{ID_FIELD}", "reading_id is a UUID; correct it or leave it out") from None


def _reading(index: int, point: Point, quantity: Quantity, sent: float) -> Candidate:
    value = float(sent)
    if value != sent:
        detail = f"{sent} has more digits than a reading's 64-bit float holds; send it as a float, or leave it out"
        return _error(index, "/value", "invalid_field", detail)
    key, sensor_type, unit = quantity
    reading_id = point.joined.reading_id
    # Without a time of its own the line is another point each time that it is sent.
    if reading_id is None and point.nanoseconds is not None:
        reading_id = derived_id("line protocol", key, repr(sent), str(point.nanoseconds))
    fields: dict[str, Any] = {
        "sensor_id": point.series.sensor_id,
        "sensor_type": sensor_type,
        "location": point.series.location,
        "value": unit.convert(value),
        "unit": unit.name,
        "timestamp": point.timestamp,
        "is_anomaly": point.joined.is_anomaly,
        "battery_level": point.joined.battery_level,
    }
    return SubmittedReading(**fields) if reading_id is None else Reading(reading_id=reading_id, **fields)


def _error(index: int, pointer: str, code: str, detail: str) -> ItemError:
    return ItemError(index=index, pointer=pointer, code=code, detail=detail)
