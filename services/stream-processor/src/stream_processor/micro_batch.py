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
from iot_contracts.tables import BATCH_ID_PROPERTY, QUERY_ID_PROPERTY, READINGS, TOPIC_PROPERTY
from iot_contracts.topics import IOT_COMMITS, IOT_WINDOW_STATS
from iot_contracts.window_stats import WindowStats
from iot_domain.topic_log import encode_filled_from
from service_kit.kafka_log import TopicLog
from stream_processor.batch_facts import BatchFacts, collect_facts, stored_ids, without
from stream_processor.checkpoint import batch_offsets
from stream_processor.errors import CheckpointAheadOfTableError
from stream_processor.kafka_producer import KafkaProducer, Message
from stream_processor.lake import border_of, border_snapshot
from stream_processor.offsets import OffsetRange, Offsets, advance, gaps, is_covered, overlaps
from stream_processor.reminders import Reminders
from stream_processor.running_windows import RunningWindows
from stream_processor.seen_ids import SeenIds
from stream_processor.settings import Settings
from stream_processor.sinks import append, send_to_kafka
from stream_processor.snapshots import Snapshot
from stream_processor.source_topic import SourceTopic
from stream_processor.table_schemas import full_name
from stream_processor.tables.readings import SMALL_BATCH_MESSAGES, rows_to_store, snapshot_properties
from stream_processor.transforms.route import anomaly_alerts, battery_alerts, dead_letters
from stream_processor.transforms.windows import aggregate_panes, pane_start

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
        topic: SourceTopic,
    ) -> None:
        self._spark = spark
        self._settings = settings
        self._producer = producer
        self._windows = windows
        self._topic = topic
        self._batteries = Reminders(timedelta(minutes=settings.battery_alert_interval_minutes))
        self._seen: SeenIds | None = None
        self.newest = newest
        self.border = border_of(newest)
        self.query_id = ""
        self.under_way: StepClock | None = None

    def process(self, rows: DataFrame, batch_id: int) -> BatchReport:
        """Store and tell one batch. Raises what Spark, HDFS or Kafka raise; the batch is then run again."""
        report = BatchReport(batch_id)
        self.under_way = clock = StepClock(report)
        offsets = batch_offsets(self._spark, self._settings.checkpoint_location, batch_id)
        self._refuse_gap(offsets)
        seen = self._seen_below(offsets.start)
        rows = rows.persist()
        try:
            facts, once = _read_once(rows if offsets.message_count() > SMALL_BATCH_MESSAGES else rows.coalesce(1), seen)
            _count(report, facts, offsets)
            clock.begin("store")
            # Only now: ids of topics never come back, so what was read is of the topic that is there after the reading.
            log = self._topic.log_behind(self.newest)
            is_stored = is_covered(offsets, self.border)
            if not is_stored:
                self._store(once, batch_id, offsets, log)
            seen.add(facts.ids, datetime.now(UTC))
            clock.begin("alert")
            self._tell(once, facts)
            clock.begin("announce")
            self._producer.send((*self._changed_windows(facts, is_stored), *self.announcement()))
            clock.end()
        finally:
            self.under_way = None
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

    def _store(self, rows: DataFrame, batch_id: int, offsets: OffsetRange, log: TopicLog) -> None:
        reached = advance(self.border, offsets.end)
        # Only then: the border's numbers would become part of the generated code, which every batch would compile anew.
        border = self.border if overlaps(offsets, self.border) else {}
        stored = rows_to_store(rows, border, offsets.message_count())
        properties = snapshot_properties(reached, self.query_id, batch_id)
        filled_from = encode_filled_from(log, self._topic.begins(self.newest, log))
        append(stored, READINGS, {**properties, TOPIC_PROPERTY: filled_from})
        self.newest = border_snapshot(self._spark, READINGS)
        self.border = border_of(self.newest)

    def _tell(self, rows: DataFrame, facts: BatchFacts) -> None:
        low_batteries = self._batteries.due(facts.low_battery_sensors, datetime.now(UTC))
        parts = []
        if facts.anomalies:
            parts.append(anomaly_alerts(rows))
        if low_batteries:
            parts.append(battery_alerts(rows, low_batteries))
        if facts.invalid:
            parts.append(dead_letters(rows))
        if not parts:
            return
        messages = reduce(DataFrame.unionAll, parts)
        if facts.anomalies + facts.invalid + len(low_batteries) > MOST_COLLECTED_MESSAGES:
            send_to_kafka(messages, self._settings)
        else:
            rows_of_messages = messages.collect()
            self._producer.send(Message(topic, key.encode(), value.encode()) for topic, key, value in rows_of_messages)

    def _seen_below(self, start: Offsets) -> SeenIds:
        """The ids of what came before the first batch of this run are in the table, and since then in memory.

        Not those of that batch itself, which may be stored already: they would look like repetitions, and what
        was not told yet would never be.
        """
        if self._seen is None:
            horizon = timedelta(minutes=self._settings.dedup_horizon_minutes)
            max_ids, now = self._settings.max_remembered_ids, datetime.now(UTC)
            readings = self._spark.table(full_name(READINGS))
            self._seen = SeenIds(horizon, max_ids)
            self._seen.add(stored_ids(readings, start, now, horizon, max_ids), now)
        return self._seen

    def _changed_windows(self, facts: BatchFacts, is_stored: bool) -> Iterable[Message]:
        now = datetime.now(UTC)
        panes = facts.panes(self._windows.oldest_live_s(now))
        # The panes of a batch that was stored before are in memory: they were read from the table at the start.
        changed = self._windows.windows_of(panes) if is_stored else self._windows.merge(panes, now)
        return (_window_message(window) for window in changed)


def _read_once(rows: DataFrame, seen: SeenIds) -> tuple[BatchFacts, DataFrame]:
    """The facts of the batch and its rows, both without the readings that came before."""
    facts = collect_facts(rows)
    repeated = seen.repeated(facts.ids)
    if not repeated.any():
        return facts, rows
    return facts.without(repeated), without(rows, facts.positions(repeated))


def _count(report: BatchReport, facts: BatchFacts, offsets: OffsetRange) -> None:
    report.messages = offsets.message_count()
    report.stored, report.invalid, report.anomalies = len(facts), facts.invalid, facts.anomalies
    report.low_batteries = len(facts.low_battery_sensors)
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


class StepClock:
    """Notes how long each step of a batch took, in seconds, and which one it is in."""

    def __init__(self, report: BatchReport) -> None:
        self._report = report
        self._step, self._since = "read", time.monotonic()

    def begin(self, step: str) -> None:
        """End the step before."""
        self.end()
        self._step, self._since = step, time.monotonic()

    def end(self) -> None:
        """Note the time of the last step."""
        self._report.steps_s[self._step] = round(time.monotonic() - self._since, 4)

    def describe(self, now: float) -> str:
        """What the batch is doing, and for how long."""
        return f"batch {self._report.batch_id} has been in its step {self._step} for {now - self._since:.0f} s"
