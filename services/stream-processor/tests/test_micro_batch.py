"""A micro-batch on real tables and with a real offset log; what goes to Kafka is kept in memory."""

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast
from uuid import UUID

import msgspec
import pytest
from pyspark.sql import DataFrame, SparkSession

from iot_contracts.alerts import Alert, AlertKind
from iot_contracts.commits import Commit
from iot_contracts.dead_letters import DeadLetter
from iot_contracts.tables import READINGS, TOPIC_PROPERTY, FilledFrom
from iot_contracts.topics import IOT_ALERTS, IOT_COMMITS, IOT_DLQ, IOT_WINDOW_STATS
from iot_contracts.window_stats import WindowStats
from service_kit.kafka_log import TopicLog
from stream_processor.errors import CheckpointAheadOfTableError, SourceTopicError
from stream_processor.kafka_producer import KafkaProducer, Message
from stream_processor.lake import ancestors, border_snapshot
from stream_processor.micro_batch import MicroBatches, live_panes
from stream_processor.running_windows import RunningWindows, panes_from_rows
from stream_processor.settings import Settings
from stream_processor.source_topic import SourceTopic
from stream_processor.table_schemas import full_name

pytestmark = pytest.mark.usefixtures("tables")
Processed = Callable[..., DataFrame]
HORIZON_S = 600


class SentMessages:
    """Has the surface of KafkaProducer."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def send(self, messages: Iterable[Message]) -> None:
        self.messages += messages

    def alerts(self) -> list[AlertKind]:
        alerts = [msgspec.json.decode(m.value, type=Alert) for m in self.messages if m.topic == IOT_ALERTS.name]
        return sorted(alert.kind for alert in alerts)

    def commits(self) -> list[Commit]:
        return [msgspec.json.decode(m.value, type=Commit) for m in self.messages if m.topic == IOT_COMMITS.name]

    def windows(self) -> dict[bytes, int]:
        """How many readings each window has, by its key, as the newest message says."""
        told = {m.key: m.value for m in self.messages if m.topic == IOT_WINDOW_STATS.name}
        return {key: msgspec.json.decode(value, type=WindowStats).count for key, value in told.items()}


class Job:
    """Starts and batches of the job, as far as they matter here."""

    def __init__(self, spark: SparkSession, settings: Settings, processed: Processed) -> None:
        self._spark, self._settings, self._processed = spark, settings, processed
        self.offset_log = Path(settings.checkpoint_location.removeprefix("file:")) / "offsets"
        self.offset_log.mkdir(parents=True)
        source = self.offset_log.parent / "sources" / "0"
        source.mkdir(parents=True)
        (source / "0").write_text('\0v1\n{"iot-sensors":{"0":0}}')
        self.sent = SentMessages()
        self.topic = TopicLog(topic_id="first", starts={0: 0}, ends={0: 1000}, epochs={0: 1})
        self.start()

    def start(self) -> None:
        self.sent = SentMessages()
        windows = RunningWindows(HORIZON_S, 1000)
        windows.merge(panes_from_rows(live_panes(self._spark.table(full_name(READINGS)), HORIZON_S)), datetime.now(UTC))
        newest = border_snapshot(self._spark, READINGS)
        producer = cast(KafkaProducer, self.sent)
        self.source = SourceTopic(self.look_at_topic)
        self.batches = MicroBatches(self._spark, self._settings, producer, windows, newest, self.source)
        self.batches.query_id = "the-query"

    def look_at_topic(self, _epochs: Mapping[int, int]) -> TopicLog:
        return self.topic

    def log_offsets(self, batch_id: int, end: int) -> None:
        entry = f'v1\n{{"batchWatermarkMs":0}}\n{{"iot-sensors":{{"0":{end}}}}}'
        (self.offset_log / str(batch_id)).write_text(entry)

    def rows(self, *offsets: int) -> DataFrame:
        return self._processed(*({"kafka_offset": offset, "event_timestamp": LATELY} for offset in offsets))

    def new_rows(self, *offsets: int) -> DataFrame:
        """Readings that never came before: each has its offset as its id."""
        ids = ({"kafka_offset": o, "reading_id": str(UUID(int=o)), "event_timestamp": LATELY} for o in offsets)
        return self._processed(*ids)

    def stored(self) -> list[int]:
        rows = self._spark.table(full_name(READINGS)).select("kafka_offset").collect()
        return sorted(row["kafka_offset"] for row in rows)


LATELY = datetime.now(UTC) - timedelta(minutes=1)


@pytest.fixture
def job(spark: SparkSession, settings: Settings, processed: Processed, tmp_path: Path) -> Job:
    # The checkpoint is a folder below `hdfs_uri`; the tables stay where they are.
    return Job(spark, settings.model_copy(update={"hdfs_uri": f"file:{tmp_path}"}), processed)


def test_a_batch_is_stored_counted_and_announced_with_its_offsets(job: Job) -> None:
    job.log_offsets(0, 3)
    report = job.batches.process(job.rows(0, 2), 0)
    assert job.stored() == [0, 2]
    assert (report.stored, report.invalid, report.anomalies, report.low_batteries) == (2, 0, 0, 0)
    assert set(report.steps_s) >= {"read", "store", "announce"}
    (commit,) = job.sent.commits()
    assert job.batches.newest is not None
    assert (commit.snapshot_id, commit.offsets) == (job.batches.newest.id, {"0": 3})
    assert (commit.table, commit.query_id, commit.batch_id) == ("iot.readings", "the-query", 0)
    assert set(job.sent.windows().values()) == {2}


def test_anomalies_low_batteries_and_dead_letters_are_told(job: Job, processed: Processed) -> None:
    job.log_offsets(0, 3)
    letter = {"dead_letter_reason": "not_json", "dead_letter_detail": "no JSON", "payload": bytearray(b"x")}
    strange = {"detected_anomaly": True, "anomaly_score": 0.7, "anomaly_reason": "far above"}
    report = job.batches.process(processed(strange, {"battery_level": 5.0}, letter), 0)
    assert (report.anomalies, report.low_batteries, report.invalid) == (1, 1, 1)
    assert job.sent.alerts() == [AlertKind.ANOMALY, AlertKind.BATTERY_LOW]
    letters = [msgspec.json.decode(m.value, type=DeadLetter) for m in job.sent.messages if m.topic == IOT_DLQ.name]
    assert [(letter.payload, letter.detail) for letter in letters] == [(b"x", "no JSON")]


def test_a_battery_that_stays_low_is_not_told_with_every_batch(job: Job, processed: Processed) -> None:
    for batch_id in (0, 1):
        job.log_offsets(batch_id, batch_id + 1)
        job.batches.process(processed({"kafka_offset": batch_id, "battery_level": 5.0}), batch_id)
    assert job.sent.alerts() == [AlertKind.BATTERY_LOW]


def test_a_reading_is_stored_once_however_often_it_comes(job: Job, processed: Processed) -> None:
    def sent(*ids_by_offset: tuple[int, int]) -> DataFrame:
        rows = [{"kafka_offset": offset, "reading_id": str(UUID(int=number))} for offset, number in ids_by_offset]
        return processed(*(row | {"processing_time": datetime.now(UTC)} for row in rows))

    job.log_offsets(0, 3)
    report = job.batches.process(sent((2, 7), (1, 8), (0, 7)), 0)
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
    job: Job, processed: Processed
) -> None:
    def sent(*sensors_by_offset: tuple[int, str]) -> DataFrame:
        row = {"reading_id": str(UUID(int=7)), "processing_time": datetime.now(UTC), "event_timestamp": LATELY}
        return processed(*(row | {"kafka_offset": offset, "sensor_id": sensor} for offset, sensor in sensors_by_offset))

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


def test_no_reading_is_too_old_and_every_invalid_message_is_told(job: Job, processed: Processed) -> None:
    times = [datetime(year, 1, 2, tzinfo=UTC) for year in (2036, 1970, 1)]
    letter = {"dead_letter_reason": "not_json", "dead_letter_detail": "no JSON", "payload": bytearray(b"x")}
    same_id = {"reading_id": str(UUID(int=0))}
    job.log_offsets(0, 5)
    report = job.batches.process(processed(*({"event_timestamp": time} for time in times), letter, letter | same_id), 0)
    assert (report.stored, report.invalid, report.repeated) == (3, 2, 0)


def test_a_batch_that_is_run_again_is_told_again_and_stored_once(
    spark: SparkSession, job: Job, processed: Processed
) -> None:
    job.log_offsets(0, 2)
    strange = {"detected_anomaly": True, "anomaly_score": 0.7, "anomaly_reason": "far above"}
    batch = job.rows(0).unionByName(processed(strange | {"reading_id": str(UUID(int=9)), "kafka_offset": 1}))
    job.batches.process(batch, 0)
    commits, windows, alerts = job.sent.commits(), job.sent.windows(), job.sent.alerts()
    assert alerts == [AlertKind.ANOMALY]
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
    assert job.batches.border == {0: 4}


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


def test_a_batch_that_is_not_in_the_offset_log_is_an_error(job: Job) -> None:
    with pytest.raises(FileNotFoundError, match="offsets/7"):
        job.batches.process(job.rows(0), 7)


def test_nothing_is_announced_before_the_first_snapshot(job: Job) -> None:
    assert list(job.batches.announcement()) == []


def test_after_a_start_the_oldest_live_pane_is_whole(spark: SparkSession, job: Job, processed: Processed) -> None:
    half_minute = int(datetime.now(UTC).timestamp()) // 30 * 30 - 60
    newest, in_the_oldest_pane = half_minute + 20, half_minute - HORIZON_S + 5
    job.log_offsets(0, 2)
    times = [datetime.fromtimestamp(second, UTC) for second in (newest, in_the_oldest_pane)]
    job.batches.process(processed(*({"event_timestamp": time} for time in times)), 0)
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

    job.source._look = look
    job.batches.process(job.rows(0, 1, 2), 0)
    assert told == ["batch 0 has been in its step store for 75 s"]
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
