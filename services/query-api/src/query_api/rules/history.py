"""The table's readings as columns, for running a rule over them: no SQL, and only the columns that a rule looks at."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from numpy.typing import NDArray

from iot_contracts.rules import Battery, Detector, Rule
from iot_contracts.topics import IOT_SENSORS
from iot_domain.alerting.batch import Batch, Place
from iot_domain.catalogue import Catalogue
from query_api.engines.inputs import files_of
from query_api.errors import QueryTooLargeError
from query_api.table.columns import TABLE_SCHEMA
from query_api.table.data_files import Bounds, Needed, may_hold
from query_api.table.file_cache import FileCache
from query_api.table.state import ColdSegment
from query_api.view.parts import Parts
from service_kit.kafka import partition_of

PLACE: Final = ("sensor_id", "sensor_type", "unit", "location")
_TIMES: Final = ("event_timestamp", "processing_time", "kafka_offset")
_TEXTS: Final = (*PLACE, "anomaly_reason")
_FORMAT: Final = ds.ParquetFileFormat(read_options=ds.ParquetReadOptions(dictionary_columns=_TEXTS))
_SCHEMA: Final = pa.schema(
    [
        pa.field(field.name, pa.dictionary(pa.int32(), pa.string()) if field.name in _TEXTS else field.type)
        for field in TABLE_SCHEMA
    ]
)
MOST_PLACES_BY_CODE: Final = 1 << 26
"""Up to so many possible places the ones that there are are found by a table of them, 4 B each, without sorting."""
Codes = NDArray[np.int32]


@dataclass(frozen=True)
class History:
    """Readings as the state machine takes them, in no order, and each one's offset."""

    batch: Batch
    offsets: NDArray[np.int64]

    def by_series(self) -> Iterator[Batch]:
        """A batch a series, in offset order."""
        batch = self.batch
        number: dict[str, int] = {}
        of_place = np.array([number.setdefault(one.series, len(number)) for one in batch.places], np.int64)
        # Few enough to sort in one pass over their bits.
        kind = np.uint16 if len(number) <= np.iinfo(np.uint16).max else np.int64
        series: NDArray[Any] = of_place.astype(kind)[batch.place]
        order = np.argsort(series, kind="stable")
        for rows in np.split(order, np.cumsum(np.bincount(series, minlength=len(number)))[:-1]):
            yield batch.take(self._in_offset_order(rows))

    def _in_offset_order(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        append_us, offsets = self.batch.append_us[rows], self.offsets[rows]
        steps = np.diff(append_us)
        # Mostly they are in order: by series and time as compaction leaves them.
        if (steps > 0).all() or ((steps > 0) | ((steps == 0) & (np.diff(offsets) > 0))).all():
            return rows
        return rows[np.lexsort((offsets, append_us))]

    def by_partition(self) -> Iterator[Batch]:
        """A batch a partition of `iot-sensors`, in offset order: absence is judged by a sensor's neighbours there."""
        batch = self.batch
        partitions = [partition_of(one.sensor_id.encode(), IOT_SENSORS.partitions) for one in batch.places]
        of_row = np.array(partitions, np.int64)[batch.place]
        for partition in sorted(set(partitions)):
            yield batch.take(self._in_offset_order(np.flatnonzero(of_row == partition)))


def read_history(
    parts: Parts, cache: FileCache, rule: Rule, needed: Needed, catalogue: Catalogue, max_readings: int
) -> History:
    """The readings that are needed, of the types that the rule selects. Blocking.

    Raises QueryTooLargeError beyond `max_readings`, TableUnavailableError when a file is not to be had.
    """
    columns = _read(parts, cache, rule, needed, max_readings)
    places, place = _places(columns)
    values = _numbers(columns, "value")
    return History(
        Batch(
            places=places,
            place=place,
            values=values,
            battery=_numbers(columns, "battery_level"),
            event_us=_microseconds(columns["event_timestamp"]),
            append_us=_microseconds(columns["processing_time"]),
            reading_ids=_RowIds(len(columns)),
            scores=_numbers(columns, "anomaly_score"),
            anomalous=_unusual(columns, values, place, places, catalogue),
            reasons=_Texts(columns["anomaly_reason"]) if "anomaly_reason" in columns.column_names else (),
        ),
        columns["kafka_offset"].fill_null(0).to_numpy(),
    )


def too_many(limit: int) -> QueryTooLargeError:
    """The error of a backtest over more readings than that."""
    return QueryTooLargeError(f"more than {limit:,} readings: give a shorter time, or fewer sensors by `selectors`")


def _names(rule: Rule) -> list[str]:
    match rule.parameters:
        case Battery():
            own = ["battery_level"]
        case Detector():
            own = ["anomaly_score", "detected_anomaly", "anomaly_reason"]
        case _:
            own = []
    return [*PLACE, *_TIMES, "value", *own]


def _read(parts: Parts, cache: FileCache, rule: Rule, needed: Needed, max_readings: int) -> pa.Table:
    names, sensor_type = _names(rule), rule.selectors.sensor_type
    time = pc.field("event_timestamp")
    wanted = (time >= pa.scalar(needed.start)) & (time < pa.scalar(needed.end))
    if needed.sensor_ids:
        wanted &= pc.field("sensor_id").isin(needed.sensor_ids)
    if sensor_type is not None:
        wanted &= pc.field("sensor_type") == sensor_type
    with ExitStack() as leases:
        held = [segment for segment in parts.cold if may_hold(segment.bounds, needed)]
        whole = [] if sensor_type or needed.sensor_ids else [one for one in held if _is_within(one.bounds, needed)]
        partly = [segment for segment in held if segment not in whole]
        sources = [
            (_dataset(leases, cache, segments), condition)
            for segments, condition in ((whole, None), (partly, wanted))
            if segments
        ]
        sources += [(ds.dataset(table.select(TABLE_SCHEMA.names)), wanted) for table in parts.recent]
        found: list[pa.Table] = []
        for source, condition in sources:
            before = sum(map(len, found))
            if before + source.count_rows() > max_readings < before + source.count_rows(filter=condition):
                raise too_many(max_readings)
            found.append(source.to_table(columns=names, filter=condition))
    schema = pa.schema([_SCHEMA.field(name) for name in names])
    return pa.concat_tables([one.cast(schema) for one in found]) if found else schema.empty_table()


def _dataset(leases: ExitStack, cache: FileCache, segments: Sequence[ColdSegment]) -> ds.Dataset:
    single, merged = files_of(segments)
    return ds.dataset([*leases.enter_context(cache.lease(single)), *merged], schema=_SCHEMA, format=_FORMAT)


def _is_within(bounds: Bounds, needed: Needed) -> bool:
    """Whether all of a file is needed, so that no row has to be looked at for that."""
    first, last = bounds.event_time_min, bounds.event_time_max
    return first is not None and last is not None and _is_in(first, needed) and _is_in(last, needed)


def _is_in(time: datetime, needed: Needed) -> bool:
    return (needed.start is None or needed.start <= time) and (needed.end is None or time < needed.end)


def _places(columns: pa.Table) -> tuple[list[Place], Codes]:
    """Each distinct place, and the index of each row's."""
    codes = np.zeros(len(columns), np.int64)
    dictionaries: list[list[str]] = []
    for name in PLACE:
        encoded = columns[name].unify_dictionaries().combine_chunks()
        chunk = encoded.chunk(0) if isinstance(encoded, pa.ChunkedArray) else encoded
        dictionaries.append(chunk.dictionary.to_pylist())
        codes *= len(dictionaries[-1])
        codes += chunk.indices.to_numpy()
    possible = int(np.prod([len(dictionary) for dictionary in dictionaries], dtype=object))
    distinct, place = _distinct(codes, possible)
    places = []
    for code in distinct.tolist():
        parts = []
        for dictionary in reversed(dictionaries):
            code, at = divmod(code, len(dictionary))
            parts.append(dictionary[at])
        places.append(Place(*reversed(parts)))
    return places, place


def _distinct(codes: NDArray[np.int64], possible: int) -> tuple[NDArray[np.int64], Codes]:
    if possible > MOST_PLACES_BY_CODE:
        distinct, place = np.unique(codes, return_inverse=True)
        return distinct, place.astype(np.int32)
    number = np.zeros(possible, np.int32)
    number[codes] = 1
    distinct = np.flatnonzero(number)
    number[distinct] = np.arange(len(distinct), dtype=np.int32)
    return distinct, number[codes]


def _unusual(
    columns: pa.Table, values: NDArray[np.float64], place: Codes, places: Sequence[Place], catalogue: Catalogue
) -> NDArray[np.bool_]:
    """The detector's verdicts on values inside the normal range: the rule about what is unusual is for these."""
    if "detected_anomaly" not in columns.column_names:
        return np.broadcast_to(np.False_, len(columns))
    normal = np.array([_normal(one, catalogue) for one in places], np.float64).reshape(-1, 2)
    is_outside: NDArray[np.bool_] = (values < normal[place, 0]) | (values > normal[place, 1])
    detected = columns["detected_anomaly"].fill_null(False).to_numpy()
    unusual: NDArray[np.bool_] = detected & ~is_outside
    return unusual


def _normal(place: Place, catalogue: Catalogue) -> tuple[float, float]:
    entry = catalogue.get(place.sensor_type)
    return (np.nan, np.nan) if entry is None or entry.unit != place.unit else (entry.normal_min, entry.normal_max)


def _numbers(columns: pa.Table, name: str) -> NDArray[np.float64]:
    """A column, NaN where there is nothing."""
    if name not in columns.column_names:
        return np.broadcast_to(np.float64(np.nan), len(columns))
    numbers: NDArray[np.float64] = columns[name].to_numpy()
    return numbers


def _microseconds(column: pa.ChunkedArray) -> NDArray[np.int64]:
    microseconds: NDArray[np.int64] = column.cast(pa.int64()).to_numpy()
    return microseconds


class _Texts(Sequence[Any]):
    """A column of text of which few values are ever looked at."""

    def __init__(self, column: pa.ChunkedArray) -> None:
        self._column = column

    def __len__(self) -> int:
        return len(self._column)

    def __getitem__(self, at: Any) -> Any:
        return _Texts(self._column[at]) if isinstance(at, slice) else self._column[int(at)].as_py()


class _RowIds(Sequence[Any]):
    """Ids that tell readings apart: their own would be most of what is read, and are in no answer."""

    def __init__(self, count: int) -> None:
        self._rows = range(count)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, at: Any) -> Any:
        return [UUID(int=row) for row in self._rows[at]] if isinstance(at, slice) else UUID(int=self._rows[at])
