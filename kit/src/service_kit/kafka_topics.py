"""Reads small topics whole and then follows them: API keys, alert rules, sensors' own thresholds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from service_kit.kafka import check_progress, started
from service_kit.progress import Progress


@dataclass(frozen=True)
class Poll:
    """What one poll brought: nothing, most of the time."""

    records: Sequence[ConsumerRecord]
    positions: Mapping[TopicPartition, int]
    """The offset after the last message of each partition that was delivered."""
    whole: bool
    """Whether all that the topics held when reading began has been delivered."""


async def follow_topics(
    bootstrap_servers: str,
    partitions: Sequence[TopicPartition],
    on_poll: Callable[[Poll], None],
    *,
    client_id: str,
    wait_ms: int,
    request_timeout_ms: int,
) -> None:
    """Deliver every message of these partitions from the first on, and new ones as they arrive, until cancelled.

    `wait_ms` is how long the broker holds an empty fetch, and after how long without a message it is asked for the
    topics' ends. Raises KafkaError or OSError when it is away, TimeoutError also when messages wait and do not arrive.
    """
    client = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers,
        client_id=client_id,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=wait_ms,
        request_timeout_ms=request_timeout_ms,
    )
    progress = Progress()
    async with started(client) as consumer:
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        polled: Mapping[TopicPartition, Sequence[ConsumerRecord]] = {}
        while True:
            positions = {partition: await consumer.position(partition) for partition in partitions}
            on_poll(
                Poll(
                    [record for batch in polled.values() for record in batch],
                    positions,
                    all(positions[partition] >= ends[partition] for partition in partitions),
                )
            )
            polled = await consumer.getmany(timeout_ms=wait_ms)
            if polled:
                continue
            if standstill := await check_progress(consumer, partitions, progress, request_timeout_ms / 1000):
                raise TimeoutError(standstill)
