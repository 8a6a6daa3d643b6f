"""What is done with one micro-batch, in this order: store, then publish.

Whatever dies, the batch is run again with the same messages. What is stored already is recognised by its
offsets; alerts, dead letters, windows and announcements are sent again with the same ids and keys.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
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
from stream_processor.alerting.rule_log import RuleLog, RuleOffsets
from stream_processor.batches.identities import restore_identities
from stream_processor.batches.passes import Operator, PassResult
from stream_processor.batches.series import restore_series
from stream_processor.batches.silence import Silence
from stream_processor.checkpoint import batch_offsets
from stream_processor.errors import CheckpointAheadOfTableError
from stream_processor.operator.request import series_folder
from stream_processor.operator.rules_file import read_rules
from stream_processor.publishing.producer import KafkaProducer, Message
from stream_processor.settings import Settings
from stream_processor.tables.catalog import newest_with_offsets, offsets_of
from stream_processor.tables.commits import ReadingsWriter
from stream_processor.tables.offsets import OffsetRange, advance, gaps, is_covered
from stream_processor.tables.readings import rules_of, snapshot_properties
from stream_processor.tables.snapshots import Snapshot
from stream_processor.topic.source_topic import SourceTopic
from stream_processor.windows.panes import aggregate_panes, pane_start
from stream_processor.windows.running_windows import Pane, PaneKey, RunningWindows


@dataclass
class BatchReport:
    """What one micro-batch was."""

    batch_id: int
    messages: int = 0
    stored: int = 0
    invalid: int = 0
    repeated: int = 0
    anomalies: int = 0
    transitions: int = 0
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
        rules: RuleLog,
    ) -> None:
        self._spark = spark
        self._settings = settings
        self._producer = producer
        self._windows = windows
        self._topic = topic
        self._writer = ReadingsWriter(spark)
        self._operator = Operator(spark, settings, self._writer.field_ids())
        self._rules = rules
        self._silence = Silence()
        self.newest = newest
        self.committed_offsets = offsets_of(newest)
        self.query_id = ""
        self.under_way: StepClock | None = None

    def process(self, messages: DataFrame, batch_id: int) -> BatchReport:
        """Store one batch, then publish what follows from it. In: the columns of `operator.worker.INPUT_COLUMNS`.

        Raises what Spark, HDFS or Kafka raise; the batch is then run again.
        """
        report = BatchReport(batch_id)
        self.under_way = clock = StepClock(report)
        try:
            offsets = batch_offsets(self._spark, self._settings.checkpoint_location, batch_id)
            self._refuse_gap(offsets, batch_id)
            is_stored = is_covered(offsets, self.committed_offsets)
            rule_offsets = rules_of(self.newest) if is_stored else self._rules.known()
            result = self._run(messages, offsets, is_stored, rule_offsets)
            _count(report, result, offsets)
            clock.begin("store")
            # Once more: ids of topics never come back, so what was read is of the topic that is there afterwards.
            log = self._topic.log_behind(self.newest)
            if not is_stored:
                self._store(result, batch_id, offsets, log, rule_offsets)
            clock.begin("alert")
            self._publish(result)
            self._look_at_silence(result, log, rule_offsets)
            clock.begin("announce")
            self._producer.send((*self._changed_windows(result, is_stored), *self.announcement()))
            clock.end()
        finally:
            self.under_way = None
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
            offsets={str(partition): offset for partition, offset in self.committed_offsets.items()},
            query_id=properties.get(QUERY_ID_PROPERTY, ""),
            batch_id=int(properties.get(BATCH_ID_PROPERTY, 0)),
            committed_at=self.newest.committed_at,
        )
        yield Message(IOT_COMMITS.name, READINGS.name.encode(), msgspec.json.encode(commit))

    def _begins_after_the_log(self, offsets: OffsetRange) -> bool:
        """Whether messages that Kafka still has came before this batch; those of empty batches are none."""
        oldest = self._topic.log_behind(None).starts
        return any(start > oldest.get(partition, 0) for partition, start in offsets.start.items())

    def _refuse_gap(self, offsets: OffsetRange, batch_id: int) -> None:
        checkpoint = self._settings.checkpoint_location
        if self.newest is None and batch_id > 0 and self._begins_after_the_log(offsets):
            raise CheckpointAheadOfTableError(
                f"the checkpoint {checkpoint} has stored {batch_id} batches, but no snapshot of "
                f"{READINGS.name} says which messages it holds: the table was made anew, or written by something else. "
                "Bring the table back (make restore), or stop the service, delete the checkpoint's folder and start it "
                "again: it then begins with the oldest message that Kafka still has"
            )
        missing = gaps(offsets, self.committed_offsets)
        if missing:
            raise CheckpointAheadOfTableError(
                f"the checkpoint {checkpoint} has passed messages that {READINGS.name} lacks: "
                f"{missing} (partition: from, to). Stop the service, delete that folder and start it again: it "
                "then begins where the table ends"
            )

    def _run(self, messages: DataFrame, offsets: OffsetRange, is_stored: bool, rule_offsets: RuleOffsets) -> PassResult:
        topic_id = self._topic.log_behind(self.newest).topic_id
        rules = self._rules.file(rule_offsets)
        restore_identities(self._spark, self._settings, offsets.start, topic_id)
        restore_series(self._spark, self._settings, offsets.start, topic_id, read_rules(rules))
        return self._operator.run(
            messages,
            offsets,
            topic_id=topic_id,
            stored=None if is_stored else self.committed_offsets,
            live_from_s=self._windows.oldest_live_s(datetime.now(UTC)),
            rules=rules,
        )

    def _store(
        self, result: PassResult, batch_id: int, offsets: OffsetRange, log: TopicLog, rule_offsets: RuleOffsets
    ) -> None:
        reached = advance(self.committed_offsets, offsets.end)
        properties = snapshot_properties(reached, self.query_id, batch_id, rule_offsets)
        filled_from = encode_filled_from(log, self._topic.begins(self.newest, log))
        files = [file for task in result.tasks for file in task.files]
        self._writer.append(files, {**properties, TOPIC_PROPERTY: filled_from}, goes_on_from=self.committed_offsets)
        self.newest = newest_with_offsets(self._spark, READINGS)
        self.committed_offsets = offsets_of(self.newest)

    def _publish(self, result: PassResult) -> None:
        self._producer.send(Message(*outgoing) for outgoing in result.outgoing)

    def _look_at_silence(self, result: PassResult, log: TopicLog, rule_offsets: RuleOffsets) -> None:
        self._silence.observe({partition: us for task in result.tasks for partition, us in task.clocks.items()})
        committed = self.committed_offsets
        at_end = {partition: end for partition, end in log.ends.items() if 0 < end == committed.get(partition, 0)}
        for partition, silent_us in self._silence.due(at_end).items():
            rules = read_rules(self._rules.file(rule_offsets))
            folder = series_folder(self._settings.state_dir, partition)
            look = self._silence.look(folder, partition, at_end[partition], silent_us, rules)
            if look.messages:
                self._producer.send(look.messages)
                look.keep()

    def _changed_windows(self, result: PassResult, is_stored: bool) -> Iterable[Message]:
        panes: dict[PaneKey, Pane] = {}
        for fact in (fact for task in result.tasks for fact in task.panes):
            key = PaneKey(fact.start_s, fact.sensor_type, fact.location)
            pane = Pane(fact.readings, fact.value_sum, fact.value_min, fact.value_max, fact.anomalies)
            panes[key] = panes[key].merged(pane) if key in panes else pane
        # The panes of a batch that was stored before are in memory: they were read from the table at the start.
        merge = self._windows.windows_of if is_stored else lambda new: self._windows.merge(new, datetime.now(UTC))
        return (_window_message(window) for window in merge(panes))


def _count(report: BatchReport, result: PassResult, offsets: OffsetRange) -> None:
    report.messages = offsets.message_count()
    report.stored = sum(task.readings for task in result.tasks)
    report.invalid = sum(task.invalid for task in result.tasks)
    report.anomalies = sum(task.anomalies for task in result.tasks)
    report.transitions = sum(task.transitions for task in result.tasks)
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
