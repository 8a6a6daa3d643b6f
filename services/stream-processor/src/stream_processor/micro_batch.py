"""What is done with one micro-batch, in this order: store, then tell.

Whatever dies, the batch is run again with the same messages. What is stored already is recognised by its
offsets; alerts, dead letters, windows and announcements are sent again with the same ids and keys.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

import msgspec
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from iot_contracts.commits import Commit
from iot_contracts.tables import BATCH_ID_PROPERTY, QUERY_ID_PROPERTY, READINGS
from iot_contracts.topics import IOT_COMMITS, IOT_WINDOW_STATS
from iot_contracts.window_stats import WindowStats
from stream_processor.checkpoint import batch_offsets
from stream_processor.errors import CheckpointAheadOfTableError
from stream_processor.kafka_producer import KafkaProducer, Message
from stream_processor.lake import border_of, border_snapshot
from stream_processor.offsets import OffsetRange, advance, gaps, is_covered, overlaps
from stream_processor.reminders import Reminders
from stream_processor.running_windows import RunningWindows, panes_from_rows
from stream_processor.settings import Settings
from stream_processor.sinks import append, send_to_kafka
from stream_processor.snapshots import Snapshot
from stream_processor.tables.readings import SMALL_BATCH_MESSAGES, rows_to_store, snapshot_properties
from stream_processor.transforms.route import anomaly_alerts, battery_alerts, dead_letters, has_low_battery, is_valid
from stream_processor.transforms.windows import aggregate_panes, pane_start, pane_stats

HOUR_S = 3600
MOST_COLLECTED_MESSAGES = 20_000
"""Up to this many messages a batch are sent by this process; starting Spark's own Kafka sink pays for more."""


@dataclass
class BatchReport:
    """What one micro-batch was."""

    batch_id: int
    messages: int = 0
    stored: int = 0
    invalid: int = 0
    repeated: int = 0
    anomalies: int = 0
    low_batteries: int = 0
    steps_s: dict[str, float] = field(default_factory=dict)
    finished_at: datetime | None = None


class MicroBatches:
    """Processes the batches of one run of the streaming query."""

    def __init__(
        self,
        spark: SparkSession,
        settings: Settings,
        producer: KafkaProducer,
        windows: RunningWindows,
        newest: Snapshot | None,
    ) -> None:
        self._spark = spark
        self._settings = settings
        self._producer = producer
        self._windows = windows
        self._batteries = Reminders(timedelta(minutes=settings.battery_alert_interval_minutes))
        self.newest = newest
        self.border = border_of(newest)
        self.query_id = ""

    def process(self, rows: DataFrame, batch_id: int) -> BatchReport:
        """Store and tell one batch. Raises what Spark, HDFS or Kafka raise; the batch is then run again."""
        report = BatchReport(batch_id)
        clock = _StepClock(report.steps_s)
        offsets = batch_offsets(self._spark, self._settings.checkpoint_location, batch_id, self.border)
        self._refuse_gap(offsets)
        report.messages = offsets.message_count()
        rows = rows.persist()
        try:
            few_tasks = _in_one_task(rows, offsets)
            summary = _summarise(few_tasks, self._oldest_live_s())
            _count(report, summary)
            clock.lap("read")
            is_repeated = is_covered(offsets, self.border)
            if not is_repeated:
                self._store(rows, batch_id, offsets)
            clock.lap("store")
            self._tell(few_tasks, report)
            clock.lap("alert")
            self._producer.send((*self._changed_windows(summary, is_repeated), *self.announcement()))
            clock.lap("announce")
        finally:
            rows.unpersist()
        report.finished_at = datetime.now(UTC)
        return report

    def announcement(self) -> Iterable[Message]:
        """The newest snapshot as a message on `iot-commits`; none before the first."""
        if self.newest is None:
            return
        properties = self.newest.properties
        commit = Commit(
            table=READINGS.name,
            snapshot_id=self.newest.id,
            offsets={str(partition): offset for partition, offset in self.border.items()},
            query_id=properties.get(QUERY_ID_PROPERTY, ""),
            batch_id=int(properties.get(BATCH_ID_PROPERTY, 0)),
            committed_at=self.newest.committed_at,
        )
        yield Message(IOT_COMMITS.name, READINGS.name.encode(), msgspec.json.encode(commit))

    def _refuse_gap(self, offsets: OffsetRange) -> None:
        missing = gaps(offsets, self.border)
        if missing:
            raise CheckpointAheadOfTableError(
                f"the checkpoint {self._settings.checkpoint_location} has passed messages that {READINGS.name} lacks: "
                f"{missing} (partition: from, to). Stop the service, delete that folder and start it again: it "
                "then begins where the table ends"
            )

    def _store(self, rows: DataFrame, batch_id: int, offsets: OffsetRange) -> None:
        reached = advance(self.border, offsets.end)
        # Only then: the border's numbers would become part of the generated code, which every batch would compile anew.
        # What the first batch of a checkpoint starts with, the offset log does not say.
        border = self.border if batch_id == 0 or overlaps(offsets, self.border) else {}
        stored = rows_to_store(rows, border, offsets.message_count())
        append(stored, READINGS, snapshot_properties(reached, self.query_id, batch_id))
        self.newest = border_snapshot(self._spark, READINGS)
        self.border = border_of(self.newest)

    def _tell(self, rows: DataFrame, report: BatchReport) -> None:
        low_batteries = self._low_batteries_to_tell(rows) if report.low_batteries else []
        parts = []
        if report.anomalies:
            parts.append(anomaly_alerts(rows))
        if low_batteries:
            parts.append(battery_alerts(rows, low_batteries))
        if report.invalid:
            parts.append(dead_letters(rows))
        if not parts:
            return
        messages = reduce(DataFrame.unionAll, parts)
        if report.anomalies + report.invalid + len(low_batteries) > MOST_COLLECTED_MESSAGES:
            send_to_kafka(messages, self._settings)
        else:
            rows_of_messages = messages.collect()
            self._producer.send(Message(topic, key.encode(), value.encode()) for topic, key, value in rows_of_messages)

    def _low_batteries_to_tell(self, rows: DataFrame) -> list[str]:
        sensors = rows.where(has_low_battery()).select("sensor_id").distinct().collect()
        return self._batteries.due((row["sensor_id"] for row in sensors), datetime.now(UTC))

    def _oldest_live_s(self) -> int:
        return self._windows.oldest_live_s(datetime.now(UTC))

    def _changed_windows(self, summary: list[dict[str, Any]], is_repeated: bool) -> Iterable[Message]:
        panes = panes_from_rows(row for row in summary if row["pane_start"] is not None)
        # The panes of a repeated batch are in memory already: they were read from the table at the start.
        changed = self._windows.windows_of(panes) if is_repeated else self._windows.merge(panes, datetime.now(UTC))
        return (_window_message(window) for window in changed)


def _in_one_task(rows: DataFrame, batch: OffsetRange) -> DataFrame:
    return rows.coalesce(1) if batch.message_count() <= SMALL_BATCH_MESSAGES else rows


def _summarise(rows: DataFrame, oldest_live_s: int) -> list[dict[str, Any]]:
    """Everything that the driver needs to know of a batch, in the one job that also computes its rows.

    A row per live pane; `pane_start` is null for all that is invalid or too old to be live.
    """
    # The full hour before: the number becomes part of the generated code, which is compiled again when it changes.
    live = is_valid() & (pane_start() >= F.lit(oldest_live_s // HOUR_S * HOUR_S))
    summary = rows.groupBy(
        F.when(live, pane_start()).alias("pane_start"),
        F.when(live, F.col("sensor_type")).alias("sensor_type"),
        F.when(live, F.col("location")).alias("location"),
    ).agg(
        *pane_stats(),
        F.count_if(is_valid()).alias("valid"),
        F.count_if(~is_valid()).alias("invalid"),
        F.count_if(has_low_battery()).alias("low_batteries"),
    )
    # Arrow: a replayed history can have hundreds of thousands of panes, which as Rows would not fit.
    rows_of_summary: list[dict[str, Any]] = summary.toArrow().to_pylist()
    return rows_of_summary


def _count(report: BatchReport, summary: list[dict[str, Any]]) -> None:
    report.stored = sum(row["valid"] for row in summary)
    report.invalid = sum(row["invalid"] for row in summary)
    report.anomalies = sum(row["anomalies"] for row in summary)
    report.low_batteries = sum(row["low_batteries"] for row in summary)
    report.repeated = max(0, report.messages - report.stored - report.invalid)


def _window_message(window: WindowStats) -> Message:
    key = f"{window.sensor_type}|{window.location}|{window.window_start.isoformat()}"
    return Message(IOT_WINDOW_STATS.name, key.encode(), msgspec.json.encode(window))


def live_panes(readings: DataFrame, horizon_s: int) -> list[dict[str, Any]]:
    """The whole panes of the table's newest `horizon_s` seconds up to now, to go on from after a start."""
    up_to_now = readings.where(F.col("event_timestamp") <= F.current_timestamp())
    newest = up_to_now.agg(F.max(pane_start()).alias("pane_start")).first()
    if newest is None or newest["pane_start"] is None:
        return []
    recent = readings.where(F.col("event_timestamp") >= F.timestamp_seconds(F.lit(newest["pane_start"] - horizon_s)))
    panes: list[dict[str, Any]] = aggregate_panes(recent).toArrow().to_pylist()
    return panes


class _StepClock:
    """Notes how long each step took, in seconds."""

    def __init__(self, steps_s: dict[str, float]) -> None:
        self._steps_s = steps_s
        self._last = time.perf_counter()

    def lap(self, step: str) -> None:
        now = time.perf_counter()
        self._steps_s[step] = round(now - self._last, 4)
        self._last = now
