"""Reads topics: from a chosen place to the present end, or on and on."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from iotctl.kafka_tools.messages import Message, message
from iotctl.kafka_tools.starting_point import AtOffset, AtTime, Beginning, Latest, StartingPoint
from service_kit.kafka_headers import read_any_header_names
from stack.errors import IotctlError

POLL_MS = 500
CONNECT_MS = 5_000


@asynccontextmanager
async def kafka_errors(part: str, bootstrap: str) -> AsyncIterator[None]:
    """Tell of Kafka's own errors in a person's terms."""
    try:
        yield
    except KafkaError as error:
        why = f"Kafka at {bootstrap} did not do it: {error}"
        raise IotctlError(part, why, "make status shows whether it runs, make logs SERVICE=kafka why not") from error


@asynccontextmanager
async def consumer_of(
    bootstrap: str, topic: str, start: StartingPoint, group: str | None = None
) -> AsyncIterator[AIOKafkaConsumer]:
    """Yield a consumer that stands at `start`, or where `group` stopped when it has been here before.

    Raises IotctlError when there is no such topic.
    """
    places = await _partitions(bootstrap, topic)
    read_any_header_names()
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        client_id="iotctl",
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="latest" if isinstance(start, Latest) else "earliest",
        request_timeout_ms=CONNECT_MS,
    )
    try:
        await consumer.start()
        if group is not None:
            consumer.subscribe([topic])
        else:
            await _seek(consumer, places, start)
        yield consumer
    finally:
        await consumer.stop()


async def _partitions(bootstrap: str, topic: str) -> list[TopicPartition]:
    # The client logs every attempt to connect; what matters of that is in the error.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=CONNECT_MS)
    try:
        await admin.start()
        known = sorted(name for name in await admin.list_topics() if not name.startswith("__"))
        if topic not in known:
            names = ", ".join(known) or "none yet"
            raise IotctlError("kafka", f"there is no topic {topic!r}", f"choose one of: {names}")
        [described] = await admin.describe_topics([topic])
        return [TopicPartition(topic, part["partition"]) for part in described["partitions"]]
    finally:
        await admin.close()


async def _seek(consumer: AIOKafkaConsumer, places: list[TopicPartition], start: StartingPoint) -> None:
    consumer.assign(places)
    ends = await consumer.end_offsets(places)
    beginnings = await consumer.beginning_offsets(places)
    for place, offset in (await _offsets(consumer, places, start, beginnings, ends)).items():
        consumer.seek(place, min(max(offset, beginnings[place]), ends[place]))


async def _offsets(
    consumer: AIOKafkaConsumer,
    places: list[TopicPartition],
    start: StartingPoint,
    beginnings: Mapping[TopicPartition, int],
    ends: Mapping[TopicPartition, int],
) -> dict[TopicPartition, int]:
    match start:
        case Beginning():
            return dict(beginnings)
        case Latest():
            return dict(ends)
        case AtOffset(offset):
            return dict.fromkeys(places, offset)
        case AtTime():
            found = await consumer.offsets_for_times(dict.fromkeys(places, start.unix_ms))
            return {place: found[place].offset if found[place] else ends[place] for place in places}


async def read_on(consumer: AIOKafkaConsumer) -> AsyncGenerator[list[Message], None]:
    """Yield what comes, in pieces, without end; an empty piece when nothing came for half a second."""
    while True:
        batch = await consumer.getmany(timeout_ms=POLL_MS)
        yield [_message(record) for records in batch.values() for record in records]


async def read_to_end(consumer: AIOKafkaConsumer) -> AsyncGenerator[list[Message], None]:
    """Yield what is there now, in pieces, from where the consumer stands to the present end."""
    places = list(consumer.assignment())
    ends = await consumer.end_offsets(places)
    while [place for place in places if await consumer.position(place) < ends[place]]:
        batch = await consumer.getmany(timeout_ms=POLL_MS)
        messages = [_message(record) for records in batch.values() for record in records]
        yield [one for one in messages if one.offset < ends[TopicPartition(one.topic, one.partition)]]


def _message(record: ConsumerRecord) -> Message:
    return message(record.topic, record.partition, record.offset, record.timestamp, record.key, record.value)
