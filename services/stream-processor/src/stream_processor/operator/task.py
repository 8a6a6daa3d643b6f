"""One task of a pass: the messages of some partitions, each in order. A pure function of state and messages.

What it computes does not depend on how the messages are cut into tasks and chunks, on the worker, or on the clock: a
task that is run again gives the same readings, facts and messages.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from iot_contracts.anomalies import Anomaly
from iot_contracts.dead_letters import DeadLetterReason
from iot_contracts.topics import IOT_ALERTS, IOT_ANOMALIES
from iot_contracts.window_stats import WINDOW_SLIDE_S
from iot_domain.decoding import Refusal
from iot_domain.reading_columns import FIELDS_BY_COLUMN
from stream_processor.operator.columns import Columns, Messages, decode, identities
from stream_processor.operator.facts import Outgoing, PaneFacts, Suspect, TaskFacts
from stream_processor.operator.identity_table import Identities, IdentityTable
from stream_processor.operator.judging import Judged, judge
from stream_processor.operator.letters import dead_letter
from stream_processor.operator.memory import SeriesMemory
from stream_processor.operator.request import PassRequest
from stream_processor.operator.rules_file import read_rules
from stream_processor.operator.table_files import file_schema, write_days
from stream_processor.windows.running_windows import SUM_UNIT

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SLIDE_US = WINDOW_SLIDE_S * 1_000_000
_CONTRADICTION = Refusal(
    DeadLetterReason.CONTRADICTION, "a reading of the same sensor_id and reading_id, stored before, says something else"
)
_encode = msgspec.json.Encoder().encode


class Task:
    """Takes chunks of messages, a partition's in the order of their offsets; `finish` tells what follows from them."""

    def __init__(self, request: PassRequest) -> None:
        self._request = request
        self._schema = file_schema(request.field_ids)
        self._tables: dict[int, IdentityTable] = {}
        self._rows: list[pa.RecordBatch] = []
        self._panes: list[pa.Table] = []
        self._suspects: list[Suspect] = []
        self._memories: dict[int, SeriesMemory] = {}
        self._outgoing: list[Outgoing] = []
        self._readings = self._invalid = self._repeated = self._anomalies = self._transitions = 0

    def process(self, partition: int, messages: Messages) -> None:
        """Judge, deduplicate and score a chunk."""
        self._table(partition)  # also of messages that are none of them readings it is noted that they were seen
        columns, refused = decode(messages)
        self._invalid += len(refused)
        for place, refusal in refused:
            self._refuse(partition, messages, place, refusal)
        if not len(columns):
            return
        fresh = columns.where(self._is_new(partition, messages, columns))
        self._readings += len(fresh)
        if len(fresh):
            self._score(partition, fresh)

    def finish(self) -> tuple[TaskFacts, list[Outgoing]]:
        """Write the files, note how far the state has come, and return what the driver has to know."""
        request = self._request
        files = write_days(self._rows, self._schema, request.outgoing_dir)
        for partition, table in self._tables.items():
            self._memory(partition).save(request.series_folder(partition), request.ends[partition])
            table.finish(request.topic_id, request.ends[partition])
        facts = TaskFacts(
            readings=self._readings,
            invalid=self._invalid,
            repeated=self._repeated,
            anomalies=self._anomalies,
            panes=_merged(self._panes),
            files=files,
            suspects=self._suspects,
            transitions=self._transitions,
            clocks={partition: self._memory(partition).alerts.alive_us for partition in self._tables},
        )
        return facts, self._outgoing

    def _is_new(self, partition: int, messages: Messages, columns: Columns) -> NDArray[np.bool_]:
        """Which readings are the first of their identity."""
        readings = identities(columns, partition)
        found = self._table(partition).find_or_add(readings)
        is_repeated = found.first_offsets < readings.offsets
        contradicts = is_repeated & (found.content != readings.content)
        for at in np.flatnonzero(contradicts).tolist():
            self._refuse(partition, messages, int(columns.places[at]), _CONTRADICTION)
        self._invalid += int(contradicts.sum())
        self._repeated += int(is_repeated.sum()) - int(contradicts.sum())
        known = self._request.repeats.get(partition)
        if known:
            in_table = np.fromiter((offset in known for offset in readings.offsets.tolist()), np.bool_, len(readings))
            self._repeated += int((in_table & ~is_repeated).sum())
            is_repeated |= in_table
        self._suspect(partition, columns, readings, ~is_repeated)
        fresh: NDArray[np.bool_] = ~is_repeated
        return fresh

    def _suspect(self, partition: int, columns: Columns, readings: Identities, is_new: NDArray[np.bool_]) -> None:
        """Name the new readings that may have come before all that is remembered."""
        if partition in self._request.repeats:  # the table was asked already
            return
        at = np.flatnonzero(is_new & self._table(partition).may_be_evicted(readings))
        if not len(at):
            return
        rows = columns.readings.take(pa.array(at))
        self._suspects += [
            Suspect(partition, *suspect)
            for suspect in zip(
                columns.offsets[at].tolist(),
                rows.column("sensor_id").to_pylist(),
                rows.column("reading_id").to_pylist(),
                columns.event_us[at].tolist(),
                strict=True,
            )
        ]

    def _table(self, partition: int) -> IdentityTable:
        table = self._tables.get(partition)
        if table is None:
            folder = self._request.identity_folder(partition)
            table = self._tables[partition] = IdentityTable(folder, self._request.identities_per_generation)
        return table

    def _memory(self, partition: int) -> SeriesMemory:
        memory = self._memories.get(partition)
        if memory is None:
            request = self._request
            memory = SeriesMemory.load(request.series_folder(partition), request.starts[partition])
            self._memories[partition] = memory
        return memory

    def _score(self, partition: int, fresh: Columns) -> None:
        judged = judge(self._memory(partition), fresh, read_rules(self._request.rules))
        self._anomalies += int(judged.anomaly.sum())
        self._transitions += len(judged.transitions)
        self._publish_anomalies(partition, fresh, judged)
        for transition in judged.transitions:
            self._outgoing.append(Outgoing(IOT_ALERTS.name, transition.sensor_id.encode(), _encode(transition)))
        self._panes.append(_panes(fresh, judged.anomaly, self._request.live_from_s))
        self._store(partition, fresh, judged)

    def _publish_anomalies(self, partition: int, fresh: Columns, judged: Judged) -> None:
        for at in np.flatnonzero(judged.anomaly).tolist():
            reading = {name: fresh.readings.column(place)[at].as_py() for place, name in enumerate(FIELDS_BY_COLUMN)}
            anomaly = Anomaly(
                **{FIELDS_BY_COLUMN[name]: value for name, value in reading.items() if value is not None}
                | {"reading_id": UUID(reading["reading_id"])},
                anomaly_score=float(judged.score[at]),
                anomaly_reason=judged.reasons[at] or "",
                expected_low=_known(judged.low[at]),
                expected_high=_known(judged.high[at]),
                kafka_partition=partition,
                kafka_offset=int(fresh.offsets[at]),
            )
            self._outgoing.append(Outgoing(IOT_ANOMALIES.name, anomaly.sensor_id.encode(), _encode(anomaly)))

    def _store(self, partition: int, fresh: Columns, judged: Judged) -> None:
        stored_from = None if self._request.stored is None else self._request.stored.get(partition, 0)
        if stored_from is None:
            return
        known: Mapping[str, Any] = dict(zip(fresh.readings.schema.names, fresh.readings.columns, strict=True))
        added: Mapping[str, Any] = {
            "processing_time": pa.array(fresh.append_us).cast(pa.timestamp("us", tz="UTC")),
            "detected_anomaly": judged.anomaly,
            "anomaly_score": judged.score,
            "anomaly_reason": pa.array(judged.reasons, pa.string()),
            "expected_low": pa.array(judged.low, from_pandas=True),
            "expected_high": pa.array(judged.high, from_pandas=True),
            "kafka_partition": np.full(len(fresh), partition, np.int32),
            "kafka_offset": fresh.offsets,
        }
        columns = {**known, **added}
        rows = pa.record_batch(
            [
                pa.array(columns[name], field.type) if not isinstance(columns[name], pa.Array) else columns[name]
                for name, field in zip(self._schema.names, self._schema, strict=True)
            ],
            names=self._schema.names,
        )
        first = int(np.searchsorted(fresh.offsets, stored_from))
        if first < len(fresh):
            self._rows.append(rows.slice(first))

    def _refuse(self, partition: int, messages: Messages, place: int, refusal: Refusal) -> None:
        at = _time(int(messages.append_us[place]))
        letter = dead_letter(messages.values[place], refusal, partition, int(messages.offsets[place]), at)
        self._outgoing.append(letter)


def _time(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _known(number: np.float64) -> float | None:
    return float(number) if np.isfinite(number) else None


_PANE = ("start_s", "sensor_type", "location")
_AGGREGATES = [("value", "count"), ("value", "sum"), ("value", "min"), ("value", "max"), ("anomalies", "sum")]


def _panes(fresh: Columns, is_anomaly: NDArray[np.bool_], live_from_s: int) -> pa.Table:
    """A row a pane that is live; sums in SUM_UNIT."""
    start_s = fresh.event_us // _SLIDE_US * WINDOW_SLIDE_S
    table = pa.table(
        {
            "start_s": start_s,
            "sensor_type": fresh.readings.column("sensor_type"),
            "location": fresh.readings.column("location"),
            "value": fresh.values,
            "anomalies": is_anomaly.astype(np.int64),
        }
    )
    live = table.filter(pa.array(start_s >= live_from_s))
    scaled = live.append_column("scaled", pa.array(live["value"].to_numpy() / SUM_UNIT))
    groups = scaled.group_by(_PANE).aggregate([*_AGGREGATES, ("scaled", "sum")])
    return groups.select([*_PANE, "value_count", "scaled_sum", "value_min", "value_max", "anomalies_sum"])


def _merged(panes: list[pa.Table]) -> list[PaneFacts]:
    if not panes:
        return []
    merged = (
        pa.concat_tables(panes)
        .group_by(_PANE)
        .aggregate(
            [
                ("value_count", "sum"),
                ("scaled_sum", "sum"),
                ("value_min", "min"),
                ("value_max", "max"),
                ("anomalies_sum", "sum"),
            ]
        )
    )
    names = [*_PANE, "value_count_sum", "scaled_sum_sum", "value_min_min", "value_max_max", "anomalies_sum_sum"]
    return [PaneFacts(*row.values()) for row in merged.select(names).to_pylist()]
