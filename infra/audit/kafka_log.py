"""Kafka's side of the evidence: where the topics begin and end, and their messages in between."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaTimeoutError

from iot_contracts.topics import Topic
from service_kit.kafka_headers import read_any_header_names

CLIENT = "iotctl-audit"
REQUEST_MS = 15_000
POLL_MS = 500
SILENT_S = 30.0
FETCH_BYTES = 8 * 1024**2


@asynccontextmanager
async def consumer_of(bootstrap: str) -> AsyncIterator[AIOKafkaConsumer[bytes, bytes]]:
    """Yield a consumer without a group."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    read_any_header_names()
    consumer: AIOKafkaConsumer[bytes, bytes] = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        client_id=CLIENT,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        check_crcs=False,
        max_partition_fetch_bytes=FETCH_BYTES,
        request_timeout_ms=REQUEST_MS,
    )
    try:
        await consumer.start()
        yield consumer
    finally:
        await consumer.stop()


def places(topic: Topic) -> list[TopicPartition]:
    """Return a topic's partitions."""
    return [TopicPartition(topic.name, number) for number in range(topic.partitions)]


def beginnings_and_ends(bootstrap: str, of: Sequence[TopicPartition]) -> dict[TopicPartition, tuple[int, int]]:
    """Return each partition's first offset and its present end."""

    async def ask() -> dict[TopicPartition, tuple[int, int]]:
        async with consumer_of(bootstrap) as consumer:
            beginnings, ends = await consumer.beginning_offsets(of), await consumer.end_offsets(of)
            return {place: (beginnings[place], ends[place]) for place in of}

    return asyncio.run(ask())


def offsets_at(bootstrap: str, of: Sequence[TopicPartition], unix_ms: int) -> dict[TopicPartition, int | None]:
    """Return each partition's first offset that was appended at this time or later; None when there is none."""

    async def ask() -> dict[TopicPartition, int | None]:
        async with consumer_of(bootstrap) as consumer:
            found = await consumer.offsets_for_times(dict.fromkeys(of, unix_ms))
            return {place: None if found[place] is None else found[place].offset for place in of}

    return asyncio.run(ask())


async def read(
    consumer: AIOKafkaConsumer[bytes, bytes], ranges: Mapping[TopicPartition, tuple[int, int]]
) -> AsyncIterator[list[ConsumerRecord[bytes, bytes]]]:
    """Yield the messages of each partition's [first, end), in pieces.

    Offsets that hold no message (transaction markers, or what Kafka deleted meanwhile) are passed over. Raises
    KafkaTimeoutError when nothing comes for `SILENT_S`: a consumer itself waits for a broker for ever.
    """
    open_ranges = {place: (first, end) for place, (first, end) in ranges.items() if first < end}
    consumer.assign(list(open_ranges))
    for place, (first, _) in open_ranges.items():
        consumer.seek(place, first)
    positions: dict[TopicPartition, int] = {}
    moved_at = time.monotonic()
    while open_ranges:
        for records in (await consumer.getmany(*open_ranges, timeout_ms=POLL_MS)).values():
            end = open_ranges[TopicPartition(records[0].topic, records[0].partition)][1]
            yield records if records[-1].offset < end else [record for record in records if record.offset < end]
        before, positions = positions, {place: await consumer.position(place) for place in open_ranges}
        if positions != before:
            moved_at = time.monotonic()
        elif time.monotonic() - moved_at > SILENT_S:
            raise KafkaTimeoutError(f"{', '.join(place.topic for place in open_ranges)}: no message for {SILENT_S:g} s")
        for place, (_, end) in list(open_ranges.items()):
            if positions[place] >= end:
                del open_ranges[place]
                consumer.pause(place)
