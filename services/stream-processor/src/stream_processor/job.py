"""The streaming job: wires source, transformations and sink, and starts them again when they fail.

Runs in a thread of its own; what it is doing can be read at any time from `state`.
"""

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from iot_contracts.tables import READINGS, REJECTED
from iot_contracts.topics import IOT_DLQ
from service_kit.logging import get_logger
from stream_processor.alerting.rule_log import RuleLog
from stream_processor.batches.micro_batch import BatchReport, MicroBatches, live_panes
from stream_processor.batches.series import copy_series
from stream_processor.batches.sinks import start_query
from stream_processor.batches.source import read_messages
from stream_processor.errors import JobNotRunningError
from stream_processor.maintenance.compaction import maintain
from stream_processor.metrics import Metrics
from stream_processor.publishing.producer import KafkaProducer
from stream_processor.settings import Settings
from stream_processor.spark_session import open_maintenance_session, open_session
from stream_processor.tables.catalog import create_tables, newest_with_offsets, offsets_of
from stream_processor.tables.derivation import derive_tables
from stream_processor.tables.rejected import store_rejected
from stream_processor.tables.schemas import full_name
from stream_processor.topic.producer import rejoin
from stream_processor.topic.source_topic import SourceTopic, filled_from_of, read_log_from_a_thread
from stream_processor.windows.running_windows import RunningWindows, panes_from_rows

FIRST_BACKOFF_S = 1.0
POLL_S = 1
BATCH_POLL_S = 0.05
_RAISED = re.compile(r"^(?:\w+\.)*(\w+(?:: .+)?)$", re.MULTILINE)
"""The end of a traceback: the exception's name, without its module, and its message. Other lines are indented."""
_log = get_logger(__name__)


@dataclass
class JobState:
    """What the job is doing now."""

    trouble: str | None = "the Spark session is starting"
    restarts: int = 0
    last_batch: BatchReport | None = None
    trigger_ms: dict[str, int] = field(default_factory=dict)
    derived_at: datetime | None = None
    derived_messages: dict[str, int] = field(default_factory=dict)
    derived_offsets: dict[int, int] = field(default_factory=dict)
    maintenance_trouble: str | None = None
    maintained_at: datetime | None = None
    rewritten_files: dict[str, int] = field(default_factory=dict)


class StreamingJob:
    """The one Spark application of this service."""

    def __init__(self, settings: Settings, producer: KafkaProducer, rules: RuleLog, metrics: Metrics) -> None:
        self._settings = settings
        self._producer = producer
        self._rules = rules
        self._metrics = metrics
        self._topic = SourceTopic(read_log_from_a_thread(settings))
        self._read_dead_letters_log = read_log_from_a_thread(settings, IOT_DLQ.name)
        self._started_at = datetime.now(UTC)
        self._stopping = threading.Event()
        self._maintenance = threading.Lock()
        self._spark: SparkSession | None = None
        self.batches: MicroBatches | None = None
        self.state = JobState()

    def run(self) -> None:
        """Run until `stop`. Failures are logged, shown in `state` and tried again, with longer and longer pauses."""
        backoff_s = FIRST_BACKOFF_S
        compiler = _start_compiling(self._settings)
        while not self._stopping.is_set():
            started = datetime.now(UTC)
            try:
                self._open_session()
                compiler.wait()
                self._run_query()
            except Exception as error:
                self.state.trouble = _reason(error)
                self.state.restarts += 1
                _log.error("the streaming query failed", error=self.state.trouble, retry_in_s=backoff_s)
            # A query that ran well for a while starts again at once; one that fails at once waits.
            if datetime.now(UTC) - started > timedelta(seconds=self._settings.max_restart_backoff_s * 2):
                backoff_s = FIRST_BACKOFF_S
            self._stopping.wait(backoff_s)
            backoff_s = min(backoff_s * 2, self._settings.max_restart_backoff_s)
        compiler.terminate()
        compiler.wait()
        if self._spark:
            self._spark.stop()

    def stop(self) -> None:
        """Ask the job to end after the batch in progress; `run` returns then."""
        self._stopping.set()

    def jvm_is_alive(self) -> bool:
        """Whether the driver's JVM runs, or has not been started yet."""
        context = None if self._spark is None else self._spark.sparkContext
        process = getattr(getattr(context, "_gateway", None), "proc", None)
        return process is None or process.poll() is None

    def doing(self, now: float) -> str:
        """What the query is doing at `now` (monotonic, seconds), from memory alone: the JVM may be frozen."""
        under_way = self.batches.under_way if self.batches else None
        return under_way.describe(now) if under_way else "no batch is under way"

    def derive(self, *, unhurried: bool = False) -> dict[str, int]:
        """Bring the derived tables up to date now, or `unhurried` those whose time has come.

        Raises JobNotRunningError before the tables exist.
        """
        if self._spark is None or self.batches is None:
            raise JobNotRunningError(f"nothing can be derived: {self.state.trouble}", headers={"Retry-After": "5"})
        with self._maintenance:
            session = open_maintenance_session(self._spark, self._settings)
            up_to = self.batches.committed_offsets
            try:
                derived = derive_tables(session, self._started_at if unhurried else None)
            finally:  # neither keeps the other from its turn
                rejected = store_rejected(session, self._settings, self._read_dead_letters_log({}))
            self.state.derived_messages = derived | {REJECTED.name: rejected}
            self.state.derived_at, self.state.derived_offsets = datetime.now(UTC), up_to
            return self.state.derived_messages

    def rejoin(self) -> int:
        """Let a topic that was made anew or cut go on where the table ends. Returns how many messages were sent again.

        Raises JobNotRunningError before the table can be read, and what Kafka raises; it may be repeated.
        """
        if self._spark is None:
            raise JobNotRunningError(f"the table cannot be read: {self.state.trouble}", headers={"Retry-After": "5"})
        return rejoin(self._spark, self._settings, self._topic)

    def run_maintenance(self) -> None:
        """Derive tables and compact files at their intervals until `stop`; run it in a thread of its own."""
        interval = timedelta(seconds=self._settings.maintenance_interval_s)
        next_maintenance, maintaining_trouble = datetime.now(UTC) + interval, None
        while not self._stopping.wait(self._settings.derive_interval_s):
            deriving_trouble = _trouble_of(lambda: self.derive(unhurried=True))
            if datetime.now(UTC) >= next_maintenance:
                next_maintenance = datetime.now(UTC) + interval
                maintaining_trouble = _trouble_of(self._maintain)
            self.state.maintenance_trouble = deriving_trouble or maintaining_trouble

    def _maintain(self) -> None:
        if self._spark is None:
            return
        with self._maintenance:
            session = open_maintenance_session(self._spark, self._settings)
            try:
                self.state.rewritten_files = maintain(session, self._settings)
            finally:  # neither keeps the other from its turn
                self._copy_series()
            self.state.maintained_at = datetime.now(UTC)

    def _copy_series(self) -> None:
        newest = self.batches.newest if self.batches else None
        filled_from = filled_from_of(newest)
        if self._spark is not None and filled_from is not None:
            copy_series(self._spark, self._settings, offsets_of(newest), filled_from.topic_id)

    def _open_session(self) -> None:
        if self._spark is None:
            self._spark = open_session(self._settings)

    def _run_query(self) -> None:
        spark = self._spark
        assert spark is not None  # noqa: S101 - opened before
        create_tables(spark, self._settings.hdfs_uri)
        newest = newest_with_offsets(spark, READINGS)
        self._topic.log_behind(newest)
        windows = self._running_windows(spark)
        self.batches = MicroBatches(spark, self._settings, self._producer, windows, newest, self._topic, self._rules)
        self._producer.send(self.batches.announcement())
        messages = read_messages(spark, self._settings, self.batches.committed_offsets)
        query = start_query(messages, self._settings, self._process)
        try:
            self.batches.query_id = str(query.id)
            self.state.trouble = None
            _log.info(
                "the streaming query runs", query_id=str(query.id), committed_offsets=self.batches.committed_offsets
            )
            self._wait(query)
        finally:
            query.stop()

    def _wait(self, query: StreamingQuery) -> None:
        noted = self.state.last_batch
        while not self._stopping.is_set():
            if query.awaitTermination(POLL_S):
                return
            if self.state.last_batch is not noted:
                noted = self.state.last_batch
                self._note_trigger(query)
        self._let_batch_end(query)

    def _note_trigger(self, query: StreamingQuery) -> None:
        """Remember its times, so that nobody who asks for them waits for a JVM that hangs."""
        progress = query.lastProgress
        self.state.trigger_ms = dict(progress.durationMs) if progress else {}

    def _let_batch_end(self, query: StreamingQuery) -> None:
        """Not to be cut off: Spark 4.1 fails once, in its progress report, after a batch that it has to run again."""
        deadline = time.monotonic() + self._settings.shutdown_timeout_s / 2
        while query.isActive and query.status["isTriggerActive"] and time.monotonic() < deadline:
            time.sleep(BATCH_POLL_S)

    def _process(self, messages: DataFrame, batch_id: int) -> None:
        assert self.batches is not None  # noqa: S101 - the query runs, so it is set
        report = self.batches.process(messages, batch_id)
        self.state.last_batch = report
        self._metrics.observe(report)

    def _running_windows(self, spark: SparkSession) -> RunningWindows:
        horizon_s = self._settings.window_horizon_minutes * 60
        windows = RunningWindows(horizon_s, self._settings.max_live_panes)
        rows = live_panes(spark.table(full_name(READINGS)), horizon_s)
        windows.merge(panes_from_rows(rows), datetime.now(UTC))
        return windows


def _start_compiling(settings: Settings) -> "subprocess.Popen[bytes]":
    """Compile the detector while the JVM starts, so that the first batch does not wait; the result is kept."""
    environment = os.environ | {"NUMBA_CACHE_DIR": os.environ.get("NUMBA_CACHE_DIR") or str(settings.numba_dir)}
    return subprocess.Popen([sys.executable, "-m", "stream_processor.detection"], env=environment)


def _trouble_of(work: Callable[[], object]) -> str | None:
    """Do a part of the maintenance. Returns why it failed, if it did: no part keeps another from its turn."""
    try:
        work()
    except Exception as error:
        _log.warning("maintenance failed; it is tried again", error=_reason(error))
        return _reason(error)
    return None


def _reason(error: Exception) -> str:
    """The line that says what happened: of Python's traceback inside of Spark's text the last, else the first."""
    text = error.java_exception.toString() if isinstance(error, Py4JJavaError) else str(error)
    _, _, traceback = text.rpartition("Traceback (most recent call last):")
    raised = _RAISED.search(traceback)
    if raised and traceback != text:
        return raised[1][:500]
    return next((line.strip() for line in text.splitlines() if line.strip()), type(error).__name__)[:500]
