"""The lifecycle of a Kafka client. What a real broker does: tests/integration and tests/crash."""

import asyncio
import inspect
import time
from collections.abc import Collection
from typing import cast

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaConnectionError, UnknownTopicOrPartitionError

from service_kit.kafka import KafkaConnection, check_progress, partition_of, started, stop
from service_kit.kafka_log import LogUnavailableError
from service_kit.progress import Progress
from service_kit.testing import wait_until

PARTITION = TopicPartition("iot-sensors", 0)


class FakeConsumer:
    """The part of AIOKafkaConsumer that the lifecycle uses; its signatures are compared with the real ones below."""

    def __init__(self, *, end: int = 0, position: int = 0, on_start: BaseException | None = None) -> None:
        self.end, self.at, self.on_start = end, position, on_start
        self.on_stop: BaseException | None = None
        self.is_silent = self.is_stopped = False

    async def start(self) -> None:
        if self.on_start is not None:
            raise self.on_start

    async def stop(self) -> None:
        self.is_stopped = True
        if self.on_stop is not None:
            raise self.on_stop

    async def end_offsets(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        if self.is_silent:
            await asyncio.Event().wait()
        return dict.fromkeys(partitions, self.end)

    async def position(self, partition: TopicPartition) -> int:
        return self.at

    def as_real(self) -> AIOKafkaConsumer:
        return cast(AIOKafkaConsumer, self)


@pytest.mark.parametrize("name", ["start", "stop", "end_offsets", "position"])
def test_the_fake_is_called_as_the_real_consumer_is(name: str) -> None:
    fake, real = getattr(FakeConsumer, name), getattr(AIOKafkaConsumer, name)
    assert list(inspect.signature(fake).parameters) == list(inspect.signature(real).parameters)
    assert inspect.iscoroutinefunction(fake) == inspect.iscoroutinefunction(real)


def a_connection() -> KafkaConnection:
    return KafkaConnection(
        "broker:9092",
        activity="reading from Kafka",
        consequence="nothing is shown",
        topics=("iot-sensors", "iot-alerts"),
        reconnect_interval_s=0.001,
    )


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (KafkaConnectionError("away"), "no answer from Kafka at broker:9092 (KafkaConnectionError)"),
        (TimeoutError(), "no answer from Kafka at broker:9092 (TimeoutError)"),
        (OSError("refused"), "no answer from Kafka at broker:9092 (OSError)"),
        (UnknownTopicOrPartitionError(), "Kafka at broker:9092 lacks one of the topics iot-sensors, iot-alerts"),
        (LogUnavailableError("Kafka does not say"), "Kafka does not say"),
        (ValueError("a bug"), "reading from Kafka failed (ValueError: a bug)"),
        (asyncio.CancelledError(), "the connection to Kafka at broker:9092 broke"),
    ],
)
async def test_a_failure_is_named_and_the_client_connects_again(failure: BaseException, reason: str) -> None:
    connection, failures = a_connection(), [failure]
    seen: list[str | None] = []

    async def serve() -> None:
        if failures:
            raise failures.pop()
        seen.append(await connection.missing())
        connection.connected()
        await asyncio.Event().wait()

    running = asyncio.create_task(connection.run(serve))
    await wait_until(lambda: seen, deadline_s=2, otherwise="it did not connect again")
    await connection.attempted()
    assert seen == [f"{reason}; nothing is shown"]
    assert await connection.missing() is None
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_before_the_first_connection_it_is_missing() -> None:
    assert await a_connection().missing() == "not connected to Kafka yet; nothing is shown"


async def test_a_lost_connection_is_made_anew_without_a_pause() -> None:
    connection, served = KafkaConnection("b:1", activity="", consequence="", reconnect_interval_s=3600), [0]

    async def serve() -> None:
        served[0] += 1
        connection.connected()
        if served[0] == 2:
            await asyncio.Event().wait()
        connection.lost("the broker is gone")

    running = asyncio.create_task(connection.run(serve))
    await wait_until(lambda: served[0] == 2, deadline_s=2, otherwise="it waited")
    running.cancel()
    await asyncio.wait([running])


async def test_a_client_is_stopped_also_when_it_cannot_start() -> None:
    consumer = FakeConsumer(on_start=KafkaConnectionError("away"))
    with pytest.raises(KafkaConnectionError):
        async with started(consumer.as_real()):
            pass
    assert consumer.is_stopped


async def test_a_cancellation_that_comes_out_of_the_client_s_stop_hides_no_failure() -> None:
    consumer = FakeConsumer()
    consumer.on_stop = asyncio.CancelledError()
    with pytest.raises(KafkaConnectionError):
        async with started(consumer.as_real()):
            raise KafkaConnectionError("away")


async def test_a_cancellation_of_our_own_during_the_stop_counts() -> None:
    class Slow(FakeConsumer):
        async def stop(self) -> None:
            await asyncio.Event().wait()

    stopping = asyncio.create_task(stop(Slow().as_real()))
    await asyncio.sleep(0)
    stopping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopping


async def test_the_real_client_says_that_no_broker_is_there() -> None:
    connection = KafkaConnection(
        "127.0.0.1:9", activity="reading", consequence="nothing is shown", reconnect_interval_s=3600
    )

    async def serve() -> None:
        async with started(AIOKafkaConsumer("iot-sensors", bootstrap_servers="127.0.0.1:9")):
            connection.connected()

    running = asyncio.create_task(connection.run(serve))
    async with asyncio.timeout(10):
        await connection.attempted()
    assert connection.reason == "no answer from Kafka at 127.0.0.1:9 (KafkaConnectionError)"
    running.cancel()
    await asyncio.wait([running])


async def test_messages_that_wait_and_do_not_come_for_a_minute_are_a_standstill(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    consumer, progress, now = FakeConsumer(end=7), Progress(), [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    assert await check_progress(consumer.as_real(), [PARTITION], progress, 1) is None
    now[0] = 60.0
    standstill = await check_progress(consumer.as_real(), [PARTITION], progress, 1)
    assert "7 messages wait and no offset has moved for 60 s" in str(standstill)
    consumer.at = 7
    assert await check_progress(consumer.as_real(), [PARTITION], progress, 1) is None


async def test_a_silent_broker_is_noticed() -> None:
    consumer = FakeConsumer()
    consumer.is_silent = True
    with pytest.raises(TimeoutError):
        await check_progress(consumer.as_real(), [PARTITION], Progress(), 0.01)


# murmur2 values from the tests of Kafka's Java client.
@pytest.mark.parametrize(("key", "murmur2"), [(b"21", -973932308), (b"foobar", -790332482), (b"abc", 479470107)])
def test_a_key_has_the_partition_that_kafkas_own_client_gives_it(key: bytes, murmur2: int) -> None:
    assert partition_of(key, 7) == (murmur2 & 0x7FFFFFFF) % 7
