"""Data files of a snapshot, what is known of their content, and which of them a selection needs. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

_Bound = TypeVar("_Bound", datetime, str)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a file's readings lie between, both ends inclusive; None where the writer recorded nothing.

    Text bounds may be truncated by the writer, always outwards, so they only ever admit too much.
    """

    event_time_min: datetime | None = None
    event_time_max: datetime | None = None
    sensor_id_min: str | None = None
    sensor_id_max: str | None = None


@dataclass(frozen=True, slots=True)
class DataFile:
    """One immutable Parquet file of the table."""

    path: str
    rows: int
    size_bytes: int
    bounds: Bounds
    sequence: int = 0
    """Sequence number of the commit that added it: grows with each commit of the table."""


@dataclass(frozen=True, slots=True)
class Needed:
    """What of the table a query wants, for leaving out files before any is opened.

    `start` is inclusive, `end` exclusive; None means unbounded. Empty `sensor_ids` means all sensors.
    """

    start: datetime | None = None
    end: datetime | None = None
    sensor_ids: tuple[str, ...] = ()


EVERYTHING = Needed()


def may_hold(bounds: Bounds, needed: Needed) -> bool:
    """Whether a file with these bounds can hold a reading that is needed."""
    if needed.start is not None and bounds.event_time_max is not None and bounds.event_time_max < needed.start:
        return False
    if needed.end is not None and bounds.event_time_min is not None and bounds.event_time_min >= needed.end:
        return False
    if not needed.sensor_ids:
        return True
    return any(
        (bounds.sensor_id_min is None or bounds.sensor_id_min <= sensor_id)
        and (bounds.sensor_id_max is None or sensor_id <= bounds.sensor_id_max)
        for sensor_id in needed.sensor_ids
    )


def covering(all_bounds: list[Bounds]) -> Bounds:
    """Bounds of several files together; unknown as soon as one file's are unknown."""
    return Bounds(
        event_time_min=_extreme([b.event_time_min for b in all_bounds], lowest=True),
        event_time_max=_extreme([b.event_time_max for b in all_bounds], lowest=False),
        sensor_id_min=_extreme([b.sensor_id_min for b in all_bounds], lowest=True),
        sensor_id_max=_extreme([b.sensor_id_max for b in all_bounds], lowest=False),
    )


def _extreme(values: list[_Bound | None], *, lowest: bool) -> _Bound | None:
    known = [value for value in values if value is not None]
    if not known or len(known) < len(values):
        return None
    return min(known) if lowest else max(known)
