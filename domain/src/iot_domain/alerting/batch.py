"""Readings of one Kafka partition as parallel columns in offset order: what the state machine advances by."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Place(NamedTuple):
    """A series, and where it is measured: a sensor may move, and rules may select by location."""

    sensor_id: str
    sensor_type: str
    unit: str
    location: str

    @property
    def series(self) -> str:
        """Key of the series. A line break is in no sensor_id and no sensor_type, so that keys are unambiguous."""
        return f"{self.sensor_id}\n{self.sensor_type}\n{self.unit}"


@dataclass(frozen=True, eq=False, slots=True)
class Batch:
    """Parallel columns, a reading a row, in offset order, repetitions already dropped. Times in µs since the epoch.

    `places` holds each distinct place once and `place` the index of each row's. `battery` and `scores` are NaN where
    there is none. `anomalous` is the detector's verdict and `reasons` its sentence. `reading_ids` are UUIDs or text.
    """

    places: Sequence[Place]
    place: NDArray[np.int32]
    values: Floats
    battery: Floats
    event_us: Integers
    append_us: Integers
    reading_ids: Sequence[Any]
    scores: Floats
    anomalous: Flags
    reasons: Sequence[str | None]

    def __len__(self) -> int:
        """Number of readings."""
        return len(self.place)

    def slice(self, start: int, end: int) -> "Batch":
        """Rows `start` to `end`, without copying columns of numpy."""
        part = slice(start, end)
        return Batch(
            places=self.places,
            place=self.place[part],
            values=self.values[part],
            battery=self.battery[part],
            event_us=self.event_us[part],
            append_us=self.append_us[part],
            reading_ids=self.reading_ids[part],
            scores=self.scores[part],
            anomalous=self.anomalous[part],
            reasons=self.reasons[part] if len(self.reasons) else self.reasons,
        )

    def take(self, rows: Integers) -> "Batch":
        """Some rows, in this order."""
        return Batch(
            places=self.places,
            place=self.place[rows],
            values=self.values[rows],
            battery=_taken(self.battery, rows),
            event_us=self.event_us[rows],
            append_us=self.append_us[rows],
            reading_ids=_Taken(self.reading_ids, rows),
            scores=_taken(self.scores, rows),
            anomalous=_taken(self.anomalous, rows),
            reasons=_Taken(self.reasons, rows) if len(self.reasons) else self.reasons,
        )


def _taken(column: NDArray[Any], rows: Integers) -> NDArray[Any]:
    """Rows of a column; one that says the same everywhere takes no memory, and goes on so."""
    return (
        np.broadcast_to(column[:1].reshape(()), len(rows)) if column.strides == (0,) and len(column) else column[rows]
    )


class _Taken(Sequence[Any]):
    """Some items of a sequence of which few are ever looked at."""

    def __init__(self, items: Sequence[Any], rows: Integers) -> None:
        self._items = items
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, at: Any) -> Any:
        return _Taken(self._items, self._rows[at]) if isinstance(at, slice) else self._items[int(self._rows[at])]


def batch_of(
    sensor_ids: Iterable[str],
    sensor_types: Iterable[str],
    units: Iterable[str],
    locations: Iterable[str],
    *,
    values: Floats,
    event_us: Integers,
    append_us: Integers,
    reading_ids: Sequence[Any],
    battery: Floats | None = None,
    scores: Floats | None = None,
    anomalous: Flags | None = None,
    reasons: Sequence[str | None] = (),
) -> Batch:
    """A batch from columns of text; columns that are left out say nothing. An empty `reasons` is none at all."""
    count = len(values)
    codes: defaultdict[tuple[str, str, str, str], int] = defaultdict()
    codes.default_factory = codes.__len__
    rows = zip(sensor_ids, sensor_types, units, locations, strict=True)
    place = np.fromiter(map(codes.__getitem__, rows), np.int32, count)
    return Batch(
        places=[Place(*key) for key in codes],
        place=place,
        values=values,
        battery=np.full(count, np.nan) if battery is None else battery,
        event_us=event_us,
        append_us=append_us,
        reading_ids=reading_ids,
        scores=np.full(count, np.nan) if scores is None else scores,
        anomalous=np.zeros(count, np.bool_) if anomalous is None else anomalous,
        reasons=reasons,
    )
