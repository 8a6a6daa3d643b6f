"""What Kafka says of a topic's log, and what becomes of it when the topic is made anew or the log is cut."""

import asyncio
import struct
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from iot_contracts.tables import FilledFrom
from iot_domain.topic_log import disagreement
from service_kit.kafka_log import LogUnavailableError, TopicLog, read_log
from service_kit.testing import wait_until
from support.kafka_broker import KafkaBroker, kafka_broker
from support.topics import own_topic

pytestmark = pytest.mark.timeout(180)
PARTITIONS = 3
WAIT_S = 30


async def topic_log_of(broker: KafkaBroker, topic: str, **asked: object) -> TopicLog:
    log = await read_log(broker.bootstrap, topic, timeout_s=10, **asked)  # type: ignore[arg-type]
    assert log is not None
    return log


async def produce(broker: KafkaBroker, topic: str, count: int) -> None:
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap) as producer:
        for number in range(count):
            await producer.send_and_wait(topic, b"message %d" % number, partition=0)


async def wait_for_topic(broker: KafkaBroker, topic: str, *, there: bool) -> None:
    """Wait until the broker has made or deleted the partitions too, which it does after it has told of the topic."""

    async def is_settled() -> bool:
        try:
            return (await read_log(broker.bootstrap, topic, timeout_s=10) is not None) == there
        except LogUnavailableError:  # the topic is known and a partition of it is not
            return False

    await wait_until(is_settled, deadline_s=WAIT_S, otherwise=f"{topic} is {'not there' if there else 'still there'}")


async def made(broker: KafkaBroker, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, PARTITIONS, 1)])
    finally:
        await admin.close()
    await wait_for_topic(broker, topic, there=True)


async def deleted(broker: KafkaBroker, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    try:
        await admin.delete_topics([topic])
    finally:
        await admin.close()
    await wait_for_topic(broker, topic, there=False)


async def test_a_log_says_where_it_starts_and_ends_and_what_is_young(broker: KafkaBroker) -> None:
    async with own_topic(broker.bootstrap, "looked-at") as topic:
        await produce(broker, topic, 5)
        log = await topic_log_of(broker, topic, since_ms=0)
        assert (log.starts, log.ends) == ({0: 0, 1: 0, 2: 0}, {0: 5, 1: 0, 2: 0})
        assert log.since == {0: 0, 1: 0, 2: 0}
        nothing_is_that_young = await topic_log_of(broker, topic, since_ms=round(time.time() * 1000) + 3_600_000)
        assert nothing_is_that_young.since == log.ends


async def test_a_topic_that_is_not_there_and_a_broker_that_is_silent_are_two_things(broker: KafkaBroker) -> None:
    assert await read_log(broker.bootstrap, "nowhere", timeout_s=10) is None
    with broker.paused(), pytest.raises(LogUnavailableError, match="does not say what nowhere holds"):
        await read_log(broker.bootstrap, "nowhere", timeout_s=1)


async def test_a_topic_made_anew_is_another_one_despite_equal_name_and_offsets(broker: KafkaBroker) -> None:
    await made(broker, "anew")
    await produce(broker, "anew", 3)
    first = await topic_log_of(broker, "anew")
    held, filled_from = {0: 3}, FilledFrom(first.topic_id, dict(first.epochs))
    assert disagreement("anew", held, filled_from, first) is None
    await deleted(broker, "anew")
    await made(broker, "anew")
    await produce(broker, "anew", 9)
    assert "made anew" in str(disagreement("anew", held, filled_from, await topic_log_of(broker, "anew")))


def cut_last_batch(segment: Path) -> None:
    """Take the last batch of records off a segment, as a power cut does with what was not on the disk yet."""
    content, at = segment.read_bytes(), 0
    while (after := at + 12 + struct.unpack(">i", content[at + 8 : at + 12])[0]) < len(content):
        at = after
    segment.write_bytes(content[:at])


@dataclass(frozen=True)
class Restarted:
    """A broker that was killed and started again, and what its topics were before."""

    broker: KafkaBroker
    before: Mapping[str, TopicLog]

    def filled_from(self, topic: str) -> FilledFrom:
        return FilledFrom(self.before[topic].topic_id, dict(self.before[topic].epochs))

    async def after(self, topic: str) -> TopicLog:
        """The log once the broker says again what it is."""

        async def answers() -> TopicLog | None:
            try:
                return await topic_log_of(self.broker, topic, epochs=self.filled_from(topic).leader_epochs)
            except LogUnavailableError:
                return None

        return await wait_until(answers, deadline_s=WAIT_S, otherwise="the broker did not come back")


@pytest.fixture(scope="module")
def restarted() -> Iterator[Restarted]:
    """Topics `whole` and `cut` had three messages each before; the last one of `cut` is gone."""

    async def filled(broker: KafkaBroker, topic: str) -> TopicLog:
        await made(broker, topic)
        await produce(broker, topic, 3)
        return await topic_log_of(broker, topic)

    with kafka_broker() as broker:
        before = {topic: asyncio.run(filled(broker, topic)) for topic in ("whole", "cut")}
        broker.kill()
        cut_last_batch(broker.folder / "data" / "cut-0" / f"{0:020}.log")
        with broker.started_again():
            yield Restarted(broker, before)


async def test_a_cut_log_is_recognised_even_after_it_has_grown_past_the_table(restarted: Restarted) -> None:
    held, filled_from = {0: 3}, restarted.filled_from("cut")
    after = await restarted.after("cut")
    assert "was cut: partition 0 ends at offset 2" in str(disagreement("cut", held, filled_from, after))
    await produce(restarted.broker, "cut", 9)
    grown = await topic_log_of(restarted.broker, "cut", epochs=filled_from.leader_epochs)
    assert "cut at offset 2 of partition 0 and written anew" in str(disagreement("cut", held, filled_from, grown))


async def test_a_restart_that_loses_nothing_is_no_cut(restarted: Restarted) -> None:
    after = await restarted.after("whole")
    assert disagreement("whole", {0: 3}, restarted.filled_from("whole"), after) is None
