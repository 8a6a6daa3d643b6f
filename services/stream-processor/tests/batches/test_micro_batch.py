"""A micro-batch on real tables and with a real offset log; what goes to Kafka is kept in memory."""

import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import msgspec
import pytest
from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from iot_contracts.alerts import AlertState, AlertTransition, Severity
from iot_contracts.anomalies import Anomaly
from iot_contracts.commits import Commit
from iot_contracts.dead_letters import DeadLetter, DeadLetterReason
from iot_contracts.rules import NoData, Rule, Threshold
from iot_contracts.sensor_types import DEFAULT_SENSOR_TYPES
from iot_contracts.tables import READINGS, TOPIC_PROPERTY, FilledFrom
from iot_contracts.topics import IOT_ALERTS, IOT_ANOMALIES, IOT_COMMITS, IOT_DLQ, IOT_RULES, IOT_WINDOW_STATS
from iot_contracts.window_stats import WindowStats
from service_kit.kafka_log import TopicLog
from stream_processor.alerting.rule_log import RuleLog, RuleMessage
from stream_processor.batches.micro_batch import MicroBatches, live_panes
from stream_processor.batches.series import copy_series
from stream_processor.errors import CheckpointAheadOfTableError, SourceTopicError
from stream_processor.operator.memory import path_at
from stream_processor.operator.request import series_folder
from stream_processor.publishing.producer import KafkaProducer, Message
from stream_processor.settings import Settings
from stream_processor.tables.catalog import ancestors, newest_with_offsets
from stream_processor.tables.schemas import full_name
from stream_processor.topic.source_topic import SourceTopic
from stream_processor.windows.running_windows import RunningWindows, panes_from_rows

pytestmark = pytest.mark.usefixtures("tables")
Messages = Callable[..., DataFrame]
HORIZON_S = 600


class SentMessages:
    """Has the surface of KafkaProducer."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def send(self, messages: Iterable[Message]) -> None:
        self.messages += messages

    def alerts(self) -> list[tuple[str, str]]:
        """Rule and state of the transitions, in their order."""
        alerts = [
            msgspec.json.decode(m.value, type=AlertTransition) for m in self.messages if m.topic == IOT_ALERTS.name
        ]
        return [(alert.rule_id, alert.state.value) for alert in alerts]

    def anomalies(self) -> list[int]:
        anomalies = [m.value for m in self.messages if m.topic == IOT_ANOMALIES.name]
        return [msgspec.json.decode(value, type=Anomaly).kafka_offset for value in anomalies]

    def commits(self) -> list[Commit]:
        return [msgspec.json.decode(m.value, type=Commit) for m in self.messages if m.topic == IOT_COMMITS.name]

    def windows(self) -> dict[bytes, int]:
        """How many readings each window has, by its key, as the newest message says."""
        told = {m.key: m.value for m in self.messages if m.topic == IOT_WINDOW_STATS.name}
        return {key: msgspec.json.decode(value, type=WindowStats).count for key, value in told.items()}


class Job:
    """Starts and batches of the job, as far as they matter here."""

    def __init__(self, spark: SparkSession, settings: Settings, messages: Messages) -> None:
        self._spark, self.settings, self._messages = spark, settings, messages
        self.offset_log = Path(settings.checkpoint_location.removeprefix("file:")) / "offsets"
        self.offset_log.mkdir(parents=True)
        source = self.offset_log.parent / "sources" / "0"
        source.mkdir(parents=True)
        (source / "0").write_text('\0v1\n{"iot-sensors":{"0":0}}')
        self.sent = SentMessages()
        self.rules = RuleLog(DEFAULT_SENSOR_TYPES, settings.rules_dir)
        self.rules.note({})
        self.topic = TopicLog(topic_id="first", starts={0: 0}, ends={0: 1000}, epochs={0: 1})
        self.start()

    def start(self) -> None:
        self.sent = SentMessages()
        windows = RunningWindows(HORIZON_S, 1000)
        windows.merge(panes_from_rows(live_panes(self._spark.table(full_name(READINGS)), HORIZON_S)), datetime.now(UTC))
        newest = newest_with_offsets(self._spark, READINGS)
        producer = cast(KafkaProducer, self.sent)
        self.source = SourceTopic(self.look_at_topic)
        self.batches = MicroBatches(self._spark, self.settings, producer, windows, newest, self.source, self.rules)
        self.batches.query_id = "the-query"

    def look_at_topic(self, _epochs: Mapping[int, int]) -> TopicLog:
        return self.topic

    def log_offsets(self, batch_id: int, end: int) -> None:
        entry = f'v1\n{{"batchWatermarkMs":0}}\n{{"iot-sensors":{{"0":{end}}}}}'
        (self.offset_log / str(batch_id)).write_text(entry)

    def rows(self, *offsets: int) -> DataFrame:
        return self._messages(*({"kafka_offset": offset, "timestamp": LATELY} for offset in offsets))

    def new_rows(self, *offsets: int) -> DataFrame:
        """Readings that never came before: each has its offset as its id."""
        ids = ({"kafka_offset": o, "reading_id": str(UUID(int=o)), "timestamp": LATELY} for o in offsets)
        return self._messages(*ids)

    def stored(self) -> list[int]:
        rows = self._spark.table(full_name(READINGS)).select("kafka_offset").collect()
        return sorted(row["kafka_offset"] for row in rows)


ARRIVED = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""When the broker had the messages of the fixture."""
LATELY = datetime.now(UTC) - timedelta(minutes=1)


@pytest.fixture
def job(
    spark: SparkSession, settings: Settings, messages: Messages, tmp_path: Path, request: pytest.FixtureRequest
) -> Job:
    changes: dict[str, Any] = getattr(request, "param", {})
    # The checkpoint is a folder below `hdfs_uri`; the tables stay where they are.
    return Job(
        spark,
        settings.model_copy(update={"hdfs_uri": f"file:{tmp_path}", "work_dir": tmp_path / "work"} | changes),
        messages,
    )


def test_a_batch_is_stored_counted_and_announced_with_its_offsets(job: Job) -> None:
    job.log_offsets(0, 3)
    report = job.batches.process(job.rows(0, 2), 0)
    assert job.stored() == [0, 2]
    assert (report.stored, report.invalid, report.anomalies, report.transitions) == (2, 0, 0, 0)
    assert set(report.steps_s) >= {"read", "store", "announce"}
    (commit,) = job.sent.commits()
    assert job.batches.newest is not None
    assert (commit.snapshot_id, commit.offsets) == (job.batches.newest.id, {"0": 3})
    assert (commit.table, commit.query_id, commit.batch_id) == ("iot.readings", "the-query", 0)
    assert set(job.sent.windows().values()) == {2}


def test_anomalies_alerts_and_dead_letters_are_published(job: Job, messages: Messages) -> None:
    job.log_offsets(0, 3)
    strange, empty = {"value": 80.0}, {"battery_level": 5.0, "sensor_id": "EMPTY"}
    report = job.batches.process(messages(strange, empty, b"x"), 0)
    assert (report.anomalies, report.transitions, report.invalid) == (1, 4, 1)
    assert job.sent.anomalies() == [0]
    assert sorted(job.sent.alerts()) == [
        ("abnormal-value", "opened"),
        ("battery-critical", "opened"),
        ("battery-low", "opened"),
        ("critical-value", "opened"),
    ]
    letters = [msgspec.json.decode(m.value, type=DeadLetter) for m in job.sent.messages if m.topic == IOT_DLQ.name]
    assert [(letter.payload, letter.reason) for letter in letters] == [(b"x", DeadLetterReason.NOT_JSON)]


def test_an_alert_lasts_over_batches_and_restarts_and_clears_once(job: Job, messages: Messages) -> None:
    def sent(offset: int, level: float) -> DataFrame:
        time = ARRIVED + timedelta(minutes=offset)
        return messages(
            {"kafka_offset": offset, "reading_id": str(UUID(int=offset)), "battery_level": level, "timestamp": time}
        )

    told = []
    for offset, level in enumerate((25.0, 24.0, 40.0, 25.0)):
        job.log_offsets(offset, offset + 1)
        job.start()
        job.batches.process(sent(offset, level), offset)
        told.append(job.sent.alerts())
    assert told == [
        [("battery-low", "opened")],
        [("battery-low", "updated")],
        [("battery-low", "cleared")],
        [("battery-low", "opened")],
    ]


@pytest.mark.parametrize("copied", [False, True], ids=["from the table", "from a copy and the table"])
def test_a_lost_disk_changes_no_score_and_no_alert(
    spark: SparkSession, job: Job, messages: Messages, copied: bool
) -> None:
    def run(offset: int) -> list[bytes]:
        job.log_offsets(offset, offset + 1)
        job.start()
        time = ARRIVED + timedelta(minutes=offset)
        sent = {"kafka_offset": offset, "reading_id": str(UUID(int=offset)), "battery_level": 25.0 - offset}
        job.batches.process(messages(sent | {"value": 20.0 + offset, "timestamp": time}), offset)
        return [message.value for message in job.sent.messages if message.topic == IOT_ALERTS.name]

    run(0)
    if copied:
        copy_series(spark, job.settings, {0: 1}, job.topic.topic_id)
    run(1)
    kept = path_at(series_folder(job.settings.state_dir, 0), 2).read_bytes()
    shutil.rmtree(job.settings.state_dir)
    (alert,) = run(2)
    assert path_at(series_folder(job.settings.state_dir, 0), 2).read_bytes() == kept
    told = msgspec.json.decode(alert, type=AlertTransition)
    assert (told.state, told.count, told.opened_at) == (AlertState.UPDATED, 3, ARRIVED)


def test_a_rule_counts_from_the_batch_after_it_on(job: Job, messages: Messages) -> None:
    def run(offset: int) -> list[tuple[str, str]]:
        job.log_offsets(offset, offset + 1)
        job.start()
        sent = {"kafka_offset": offset, "reading_id": str(UUID(int=offset)), "value": 30.0}
        job.batches.process(messages(sent | {"timestamp": ARRIVED + timedelta(minutes=offset)}), offset)
        return job.sent.alerts()

    assert run(0) == []
    rule = Rule(rule_id="warm", version=1, name="Warm", severity=Severity.LOW, parameters=Threshold(above=25.0))
    job.rules.extend([RuleMessage(IOT_RULES.name, 0, msgspec.json.encode(rule)), RuleMessage(IOT_RULES.name, 1, b"?")])
    assert run(1) == []
    job.rules.note({IOT_RULES.name: 2})
    assert run(2) == [("warm", "opened")]
    # Run again, it is judged by what it was judged by, whatever the rules are now.
    gone = msgspec.structs.replace(rule, version=2, deleted=True)
    job.rules.extend([RuleMessage(IOT_RULES.name, 2, msgspec.json.encode(gone))])
    job.rules.note({IOT_RULES.name: 3})
    assert run(2) == [("warm", "opened")]
    assert run(3) == [("warm", "cleared")]


def test_a_reading_is_stored_once_however_often_it_comes(job: Job, messages: Messages) -> None:
    def sent(*ids_by_offset: tuple[int, int]) -> DataFrame:
        rows = [{"kafka_offset": offset, "reading_id": str(UUID(int=number))} for offset, number in ids_by_offset]
        return messages(*(row for row in rows))

    job.log_offsets(0, 3)
    report = job.batches.process(sent((0, 7), (1, 8), (2, 7)), 0)
    assert (report.stored, report.repeated) == (2, 1)
    job.log_offsets(1, 5)
    report = job.batches.process(sent((3, 8), (4, 9)), 1)
    assert (report.messages, report.stored, report.repeated) == (2, 1, 1)
    # What was remembered is in the table, so a new run knows it too.
    job.start()
    job.log_offsets(2, 7)
    report = job.batches.process(sent((5, 7), (6, 9)), 2)
    assert (report.stored, report.repeated) == (0, 2)
    assert job.stored() == [0, 1, 4]


def test_one_reading_id_of_two_sensors_is_two_readings_in_a_batch_and_after_it_and_after_a_start(
    job: Job, messages: Messages
) -> None:
    def sent(*sensors_by_offset: tuple[int, str]) -> DataFrame:
        row = {"reading_id": str(UUID(int=7)), "timestamp": LATELY}
        return messages(*(row | {"kafka_offset": offset, "sensor_id": sensor} for offset, sensor in sensors_by_offset))

    job.log_offsets(0, 3)
    report = job.batches.process(sent((0, "A"), (1, "B"), (2, "A")), 0)
    assert (report.stored, report.repeated) == (2, 1)
    job.log_offsets(1, 5)
    report = job.batches.process(sent((3, "C"), (4, "B")), 1)
    assert (report.stored, report.repeated) == (1, 1)
    job.start()
    job.log_offsets(2, 8)
    report = job.batches.process(sent((5, "A"), (6, "D"), (7, "C")), 2)
    assert (report.stored, report.repeated) == (1, 2)
    assert job.stored() == [0, 1, 3, 6]
    assert set(job.sent.windows().values()) == {4}


def test_no_reading_is_too_old_and_every_invalid_message_is_told(job: Job, messages: Messages) -> None:
    times = [datetime(year, 1, 2, tzinfo=UTC) for year in (2036, 1970, 1)]
    job.log_offsets(0, 5)
    report = job.batches.process(messages(*({"timestamp": time} for time in times), b"x", b"x"), 0)
    assert (report.stored, report.invalid, report.repeated) == (3, 2, 0)


def test_a_batch_that_is_run_again_is_told_again_and_stored_once(
    spark: SparkSession, job: Job, messages: Messages
) -> None:
    job.log_offsets(0, 2)
    strange = {"value": 80.0}
    batch = job.rows(0).unionByName(messages(strange | {"reading_id": str(UUID(int=9)), "kafka_offset": 1}))
    job.batches.process(batch, 0)
    commits, windows, alerts = job.sent.commits(), job.sent.windows(), job.sent.alerts()
    assert alerts == [("abnormal-value", "opened"), ("critical-value", "opened")]
    # The process died before Spark had noted the batch's end: everything starts anew, but for checkpoint and table.
    job.start()
    job.batches.process(batch, 0)
    assert job.stored() == [0, 1]
    assert len(list(ancestors(spark, READINGS))) == 1
    assert (job.sent.commits(), job.sent.windows(), job.sent.alerts()) == (commits, windows, alerts)


def test_of_a_batch_that_overlaps_the_table_only_the_rest_is_stored(job: Job) -> None:
    job.log_offsets(0, 2)
    job.batches.process(job.rows(0, 1), 0)
    job.log_offsets(0, 4)
    job.start()
    job.batches.process(job.rows(0, 1, 2, 3), 0)
    assert job.stored() == [0, 1, 2, 3]
    assert job.batches.committed_offsets == {0: 4}


def test_a_batch_without_new_readings_moves_the_border_all_the_same(job: Job) -> None:
    job.log_offsets(0, 2)
    job.batches.process(job.rows(), 0)
    assert job.sent.commits()[0].offsets == {"0": 2}
    assert job.sent.windows() == {}


def test_a_gap_between_table_and_checkpoint_is_refused_with_what_to_do(spark: SparkSession, job: Job) -> None:
    job.log_offsets(0, 2)
    job.batches.process(job.rows(0, 1), 0)
    job.log_offsets(4, 5)
    job.log_offsets(5, 7)
    with pytest.raises(CheckpointAheadOfTableError, match=r"\{0: \(2, 5\)\}.*delete that folder"):
        job.batches.process(job.rows(5, 6), 5)
    assert job.stored() == [0, 1]


def test_an_empty_table_under_an_old_checkpoint_is_refused_with_what_to_do(job: Job) -> None:
    job.log_offsets(4, 5)
    job.log_offsets(5, 7)
    with pytest.raises(CheckpointAheadOfTableError, match=r"has stored 5 batches.*make restore"):
        job.batches.process(job.rows(5, 6), 5)
    assert job.stored() == []


@pytest.mark.parametrize("begin", [0, 700], ids=["new topic", "topic whose oldest messages are gone"])
def test_the_first_reading_may_come_after_empty_batches(job: Job, begin: int) -> None:
    job.topic = replace(job.topic, starts={0: begin})
    for batch_id, end in enumerate((begin, begin, begin + 2)):
        job.log_offsets(batch_id, end)
    job.batches.process(job.new_rows(begin, begin + 1), 2)
    assert job.stored() == [begin, begin + 1]


def test_a_batch_that_is_not_in_the_offset_log_is_an_error(job: Job) -> None:
    with pytest.raises(FileNotFoundError, match="offsets/7"):
        job.batches.process(job.rows(0), 7)


def test_nothing_is_announced_before_the_first_snapshot(job: Job) -> None:
    assert list(job.batches.announcement()) == []


def test_after_a_start_the_oldest_live_pane_is_whole(spark: SparkSession, job: Job, messages: Messages) -> None:
    half_minute = int(datetime.now(UTC).timestamp()) // 30 * 30 - 60
    newest, in_the_oldest_pane = half_minute + 20, half_minute - HORIZON_S + 5
    job.log_offsets(0, 2)
    times = [datetime.fromtimestamp(second, UTC) for second in (newest, in_the_oldest_pane)]
    job.batches.process(messages(*({"timestamp": time} for time in times)), 0)
    starts = [row["pane_start"] for row in live_panes(spark.table(full_name(READINGS)), HORIZON_S)]
    assert sorted(starts) == [half_minute - HORIZON_S, half_minute]


def test_a_snapshot_remembers_the_topic_and_its_epochs(job: Job) -> None:
    job.log_offsets(0, 3)
    job.batches.process(job.rows(0, 1, 2), 0)
    assert job.batches.newest is not None
    assert job.batches.newest.properties[TOPIC_PROPERTY] == '{"topic_id":"first","leader_epochs":{"0":1}}'


@pytest.mark.parametrize(
    "another",
    [{"topic_id": "second"}, {"ends": {0: 2}}, {"epochs": {0: 2}, "epoch_ends": {0: 1}}],
    ids=["made anew", "cut", "cut and grown again"],
)
def test_messages_of_another_topic_are_neither_stored_nor_taken_for_stored(
    job: Job, another: dict[str, object]
) -> None:
    job.log_offsets(0, 3)
    job.batches.process(job.rows(0, 1, 2), 0)
    job.topic = TopicLog(**{"topic_id": "first", "starts": {0: 0}, "ends": {0: 9}, "epochs": {0: 1}} | another)  # type: ignore[arg-type]
    job.log_offsets(1, 5)
    with pytest.raises(SourceTopicError, match="Nothing is stored until you decide"):
        job.batches.process(job.rows(3, 4), 1)
    assert job.stored() == [0, 1, 2]
    job.log_offsets(1, 3)
    with pytest.raises(SourceTopicError, match="iot-sensors"):
        job.batches.process(job.rows(0, 1, 2), 1)


def test_a_batch_that_is_under_way_says_which_step_it_is_in_and_since_when(job: Job) -> None:
    job.log_offsets(0, 3)
    told = []

    def look(_epochs: Mapping[int, int]) -> TopicLog:
        assert job.batches.under_way is not None
        told.append(job.batches.under_way.describe(now=time.monotonic() + 75))
        return job.topic

    job.source._read_log = look
    job.batches.process(job.rows(0, 1, 2), 0)
    assert told[-1] == "batch 0 has been in its step store for 75 s"
    assert job.batches.under_way is None


def test_a_topic_that_was_made_to_go_on_where_the_table_ends_is_taken_for_the_table_s(job: Job) -> None:
    job.log_offsets(0, 3)
    job.batches.process(job.rows(0, 1, 2), 0)
    job.topic = TopicLog(topic_id="second", starts={0: 0}, ends={0: 5}, epochs={0: 0})
    job.source.accept(FilledFrom("first", {0: 1}), "second")
    job.log_offsets(1, 5)
    job.batches.process(job.new_rows(3, 4), 1)
    assert job.stored() == [0, 1, 2, 3, 4]
    job.start()
    job.log_offsets(2, 6)
    job.batches.process(job.new_rows(5), 2)
    assert job.stored() == [0, 1, 2, 3, 4, 5]
    assert job.batches.newest is not None
    assert job.batches.newest.properties[TOPIC_PROPERTY].endswith('"begins":{"0":3}}')


def test_an_accepted_topic_that_ends_before_the_table_is_still_refused(job: Job) -> None:
    job.log_offsets(0, 3)
    job.batches.process(job.rows(0, 1, 2), 0)
    job.topic = TopicLog(topic_id="second", starts={0: 0}, ends={0: 2}, epochs={0: 0})
    job.source.accept(FilledFrom("first", {0: 1}), "second")
    with pytest.raises(SourceTopicError, match="was cut"):
        job.source.log_behind(job.batches.newest)


def test_a_driver_that_wakes_after_its_successor_stores_nothing(job: Job) -> None:
    job.log_offsets(0, 2)
    frozen = job.batches
    job.start()
    job.batches.process(job.rows(0, 1), 0)
    with pytest.raises(Py4JJavaError, match=r"another writer has stored readings meanwhile.*\{0: 2\}"):
        frozen.process(job.rows(0, 1), 0)
    assert job.stored() == [0, 1]


def test_compaction_between_two_batches_is_no_other_writer(job: Job, spark: SparkSession) -> None:
    job.log_offsets(0, 2)
    job.batches.process(job.new_rows(0, 1), 0)
    spark.sql(f"DELETE FROM {full_name(READINGS)} WHERE kafka_offset = 0")
    job.log_offsets(1, 3)
    job.batches.process(job.new_rows(2), 1)
    assert job.stored() == [1, 2]


def test_what_was_remembered_is_read_from_the_table_when_it_is_lost(job: Job, messages: Messages) -> None:
    job.log_offsets(0, 2)
    job.batches.process(job.rows(0, 1), 0)
    shutil.rmtree(job.settings.state_dir)
    job.log_offsets(1, 4)
    again = {"reading_id": str(UUID(int=1)), "timestamp": LATELY}
    report = job.batches.process(messages(again | {"kafka_offset": 2}, {"kafka_offset": 3, "timestamp": LATELY}), 1)
    # Their ids are their places, so the second message has the id of the first one's second.
    assert (report.stored, report.repeated) == (0, 2)


@pytest.mark.parametrize("job", [{"max_remembered_ids": 60}], indirect=True)
@pytest.mark.parametrize("is_lost", [False, True], ids=["evicted", "evicted and lost"])
def test_a_reading_that_left_the_memory_is_looked_up_in_the_table(job: Job, messages: Messages, is_lost: bool) -> None:
    def sent(*numbers: int) -> DataFrame:
        times = {number: LATELY + timedelta(seconds=number) for number in numbers}
        return messages(*({"kafka_offset": n, "timestamp": times[n], "reading_id": str(UUID(int=n))} for n in numbers))

    job.log_offsets(0, 50)
    assert job.batches.process(sent(*range(50)), 0).stored == 50
    if is_lost:
        shutil.rmtree(job.settings.state_dir)
    job.log_offsets(1, 52)
    first, never_seen = {"reading_id": str(UUID(int=0))}, {"reading_id": str(UUID(int=999))}
    old = {"timestamp": LATELY}
    report = job.batches.process(
        messages(first | old | {"kafka_offset": 50}, never_seen | old | {"kafka_offset": 51}), 1
    )
    assert (report.stored, report.repeated) == (1, 1)
    assert job.stored() == [*range(50), 51]


def test_a_repeated_reading_that_says_something_else_is_a_dead_letter(job: Job, messages: Messages) -> None:
    job.log_offsets(0, 2)
    same = {"reading_id": str(UUID(int=1)), "timestamp": LATELY}
    report = job.batches.process(messages(same, same | {"value": 30.0}), 0)
    assert (report.stored, report.invalid, report.repeated) == (1, 1, 0)
    (letter,) = [msgspec.json.decode(m.value, type=DeadLetter) for m in job.sent.messages if m.topic == IOT_DLQ.name]
    assert (letter.reason, letter.source_offset) == (DeadLetterReason.CONTRADICTION, 1)


def test_the_dead_letter_of_a_large_message_is_small_and_names_the_rest(job: Job, messages: Messages) -> None:
    job.log_offsets(0, 2)
    report = job.batches.process(messages(b"\xff" * 900_000, {"kafka_offset": 1}), 0)
    assert (report.stored, report.invalid) == (1, 1)
    (letter,) = [m.value for m in job.sent.messages if m.topic == IOT_DLQ.name]
    assert len(letter) < 100_000
    assert "of 900000 bytes; all are at the source, SHA-256 " in msgspec.json.decode(letter, type=DeadLetter).detail


def test_a_sensor_alone_on_its_partition_is_missed_by_the_messages_of_others(job: Job, messages: Messages) -> None:
    rule = Rule(rule_id="gone", version=1, name="Gone", severity=Severity.HIGH, parameters=NoData(after_s=60))
    job.rules.extend([RuleMessage(IOT_RULES.name, 0, msgspec.json.encode(rule))])
    job.rules.note({IOT_RULES.name: 1})
    (job.offset_log.parent / "sources" / "0" / "0").write_text('\0v1\n{"iot-sensors":{"0":0,"1":0}}')

    def run(batch: int, alone: int) -> list[tuple[str, str]]:
        """A batch of a message half a minute after the last one, and up to `alone` messages on the other partition."""
        ends = {0: batch + 1, 1: alone}
        text = msgspec.json.encode({"iot-sensors": {str(number): end for number, end in ends.items()}}).decode()
        (job.offset_log / str(batch)).write_text(f'v1\n{{"batchWatermarkMs":0}}\n{text}')
        job.topic = TopicLog(topic_id="first", starts={0: 0, 1: 0}, ends=ends, epochs={0: 1, 1: 1})
        at = ARRIVED + timedelta(seconds=30 * batch)
        rows: list[dict[str, Any]] = [{"kafka_offset": batch, "reading_id": str(UUID(int=batch)), "timestamp": at}]
        if batch == 0 or alone == 2:
            lonely = {"sensor_id": "ALONE", "kafka_partition": 1, "kafka_offset": alone - 1}
            rows.append(lonely | {"reading_id": str(UUID(int=1000 + alone)), "timestamp": at})
        frame = messages(*rows).withColumn("timestamp", F.to_timestamp(F.lit(at)))
        job.batches.process(frame, batch)
        return job.sent.alerts()

    assert [run(batch, 1) for batch in range(3)] == [[], [], []]
    assert run(3, 1) == [("gone", "opened")]
    job.start()
    assert [run(batch, 1) for batch in (4, 5, 6)] == [[], [], []]
    assert run(7, 2) == [("gone", "cleared")]
