"""How the job fails and starts again; nothing of it reaches a JVM here."""

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import REGISTRY, CollectorRegistry

from service_kit.testing import wait_until
from stream_processor import job as job_module
from stream_processor.alerting.rule_log import RuleLog
from stream_processor.batches.micro_batch import BatchReport
from stream_processor.errors import JobNotRunningError
from stream_processor.job import StreamingJob
from stream_processor.metrics import Metrics
from stream_processor.publishing.producer import KafkaProducer
from stream_processor.settings import Settings


@pytest.fixture
def metrics() -> Metrics:
    for collector in list(REGISTRY._collector_to_names):
        REGISTRY.unregister(collector)
    return Metrics(CollectorRegistry())


@pytest.fixture
def job(metrics: Metrics, tmp_path: Path) -> StreamingJob:
    """A job that fails at once each time, since its connectors are missing."""
    settings = Settings(jars_dir=tmp_path)
    return StreamingJob(settings, KafkaProducer(settings), RuleLog((), tmp_path), metrics)


async def test_a_failed_query_is_tried_again_and_says_why(job: StreamingJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_module, "FIRST_BACKOFF_S", 0.01)
    thread = threading.Thread(target=job.run)
    thread.start()
    try:
        await wait_until(lambda: job.state.restarts >= 3, deadline_s=20, otherwise="the job was not started again")
        assert job.state.trouble is not None
        assert "iceberg-spark-runtime, spark-sql-kafka not in" in job.state.trouble
    finally:
        job.stop()
        thread.join(timeout=20)
    assert not thread.is_alive()


def test_nothing_can_be_derived_before_the_tables_exist(job: StreamingJob) -> None:
    with pytest.raises(JobNotRunningError, match="the Spark session is starting") as refused:
        job.derive()
    assert refused.value.headers == {"Retry-After": "5"}


def test_tables_are_maintained_although_deriving_fails(
    metrics: Metrics, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(jars_dir=tmp_path, derive_interval_s=0.001, maintenance_interval_s=0.001)
    job = StreamingJob(settings, KafkaProducer(settings), RuleLog((), tmp_path), metrics)
    # Before the tables exist deriving fails; what follows it ends the loop.
    monkeypatch.setattr(job, "_maintain", job.stop)
    thread = threading.Thread(target=job.run_maintenance, daemon=True)
    thread.start()
    thread.join(timeout=20)
    assert not thread.is_alive()
    assert job.state.maintenance_trouble == "nothing can be derived: the Spark session is starting"


def test_a_jvm_that_was_never_started_is_not_gone(job: StreamingJob) -> None:
    assert job.jvm_is_alive()


def test_a_trigger_s_times_are_remembered_when_its_batch_has_ended(job: StreamingJob) -> None:
    """So that whoever asks for them waits for no JVM."""

    class Query:
        """Ends a batch before the second look, and itself before the third."""

        looks, lastProgress, isActive = 0, SimpleNamespace(durationMs={"addBatch": 7}), False  # noqa: N815 - Spark's

        def awaitTermination(self, _: float) -> bool:  # noqa: N802 - Spark's
            self.looks += 1
            if self.looks == 2:
                assert job.state.trigger_ms == {}
                job.state.last_batch = BatchReport(1)
            return self.looks == 3

    query: Any = Query()
    job._wait(query)
    assert job.state.trigger_ms == {"addBatch": 7}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("first line\nsecond", "first line"),
        (
            "[STREAM_FAILED] Reason: An exception was raised by the Python Proxy. Return Message: "
            'Traceback (most recent call last):\n  File "a.py", line 1, in call\n    f()\n    ^^^\n'
            "stream_processor.errors.SourceTopicError: gone. Bring it back\n\nIdentifier: readings",
            "SourceTopicError: gone. Bring it back",
        ),
        (
            'Traceback (most recent call last):\n  File "a.py"\nKeyError: 1\n\nDuring handling of the above\n\n'
            'Traceback (most recent call last):\n  File "b.py"\nValueError: 2\n\n\tat org.apache.spark.Task.run',
            "ValueError: 2",
        ),
        ("Traceback (most recent call last):\n  File x\nMemoryError\n", "MemoryError"),
    ],
)
async def test_the_reason_is_what_was_raised_and_not_where(
    job: StreamingJob, monkeypatch: pytest.MonkeyPatch, text: str, reason: str
) -> None:
    def fail() -> None:
        job.stop()
        raise RuntimeError(text)

    monkeypatch.setattr(job, "_open_session", fail)
    job.run()
    assert job.state.trouble == reason
