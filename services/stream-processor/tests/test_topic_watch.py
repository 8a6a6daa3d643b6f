"""What is said of messages that wait. The log of the topic is given, and time is driven by hand."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import cast

import pytest
from prometheus_client import CollectorRegistry

from service_kit.kafka_log import TopicLog
from service_kit.testing import wait_until
from stream_processor.batches.micro_batch import MicroBatches
from stream_processor.job import JobState, StreamingJob
from stream_processor.metrics import Metrics
from stream_processor.settings import Settings
from stream_processor.topic_watch import TopicWatch

LOG = TopicLog(topic_id="first", starts={0: 10}, ends={0: 50}, epochs={0: 1}, since={0: 10})


@dataclass
class Batches:
    """What the watch reads of MicroBatches."""

    committed_offsets: dict[int, int]


@dataclass
class Job:
    """What the watch reads of StreamingJob."""

    batches: MicroBatches
    state: JobState = field(default_factory=JobState)

    def doing(self, _now: float) -> str:
        return "batch 3 has been in its step store for 61 s"


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def watch(registry: CollectorRegistry) -> TopicWatch:
    job = Job(cast(MicroBatches, Batches({0: 40})))
    watch = TopicWatch(Settings(derive_interval_s=120), cast(StreamingJob, job), Metrics(registry))
    watch.log = LOG
    return watch


def test_messages_that_wait_while_no_offset_moves_make_the_service_not_ready(
    watch: TopicWatch, registry: CollectorRegistry
) -> None:
    watch.judge(0)
    assert watch.standstill is None
    watch.judge(60)
    assert watch.standstill == (
        "10 messages wait and no offset has moved for 60 s (partition 0); batch 3 has been in its step store for 61 s"
    )
    assert registry.get_sample_value("stream_waiting_messages") == 10


def test_what_waited_when_kafka_fell_silent_goes_on_waiting(watch: TopicWatch) -> None:
    watch.judge(0)
    watch.problem = "Kafka does not answer"
    watch.judge(61)
    assert watch.standstill


def test_unread_messages_that_expire_soon_are_said_and_counted(watch: TopicWatch, registry: CollectorRegistry) -> None:
    watch.log = replace(LOG, since={0: 45})
    watch.judge(0)
    assert "5 messages of iot-sensors that are not stored yet" in str(watch.expiry)
    assert registry.get_sample_value("stream_expiring_messages") == 5


def test_messages_that_expired_unread_are_said_to_be_lost(watch: TopicWatch, registry: CollectorRegistry) -> None:
    watch.log = replace(LOG, starts={0: 47}, since={0: 47})
    watch.judge(0)
    assert "7 messages of iot-sensors expired" in str(watch.expiry)
    assert registry.get_sample_value("stream_expired_messages") == 7


def test_derived_tables_that_fall_behind_for_three_intervals_are_said_with_what_failed(watch: TopicWatch) -> None:
    watch._job.state.derived_offsets = {0: 30}
    watch._job.state.maintenance_trouble = "no metastore"
    watch.judge(0)
    watch.judge(359)
    assert watch.derivation_standstill is None
    watch.judge(360)
    assert watch.derivation_standstill == (
        "10 messages wait and no offset has moved for 360 s (partition 0); no metastore"
    )


async def test_a_fault_is_said_and_the_next_reading_of_the_log_follows(
    watch: TopicWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str | None] = []

    async def refresh() -> None:
        reads.append(watch.problem)
        if len(reads) == 1:
            raise KeyError(0)
        watch.problem = None

    monkeypatch.setattr(watch, "_refresh", refresh)
    monkeypatch.setattr(watch, "_settings", Settings(kafka_check_interval_s=0.001))
    watching = asyncio.create_task(watch.run())
    await wait_until(lambda: len(reads) >= 3, deadline_s=5, otherwise="it reads no more")
    watching.cancel()
    assert reads[:3] == [None, "reading the log of iot-sensors failed: KeyError(0)", None]
