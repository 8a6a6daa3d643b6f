"""What is used of aiokafka's private parts is still there and still does what it did.

When this fails because the pinned version has changed: read aiokafka's `producer/message_accumulator.py` and
`producer/sender.py` of the new version, run `tests/integration/test_ingest_*` against a broker, then change VERSION.
"""

import asyncio
from collections.abc import AsyncIterator
from importlib.metadata import version

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from ingest_api.publishing.aiokafka_internals import RecordBatch, drop_undelivered

VERSION = "0.14.0"
RECORDS = [(b"key", b"value %d" % number) for number in range(40)]


def test_the_private_parts_are_those_of_the_pinned_version() -> None:
    assert version("aiokafka") == VERSION


def test_a_batch_filled_at_once_is_the_one_that_aiokafka_fills_record_by_record() -> None:
    ours, theirs = RecordBatch(10_000), BatchBuilder(10_000, 0)
    assert ours.extend(RECORDS, 0, timestamp_ms=1_700_000_000_000) == len(RECORDS)
    for key, value in RECORDS:
        theirs.append(timestamp=1_700_000_000_000, key=key, value=value)
    assert ours.record_count() == theirs.record_count() == len(RECORDS)
    assert bytes(ours._build()) == bytes(theirs._build())


def test_a_full_batch_accepts_nothing_more_and_the_next_one_continues() -> None:
    first, second = RecordBatch(500), RecordBatch(10_000)
    accepted = first.extend(RECORDS, 0, timestamp_ms=1)
    assert 0 < accepted < len(RECORDS)
    assert first.closed()
    assert first.extend(RECORDS, accepted, timestamp_ms=1) == 0
    assert second.extend(RECORDS, accepted, timestamp_ms=1) == len(RECORDS) - accepted
    batches = [MemoryRecords(bytes(batch._build())).next_batch() for batch in (first, second)]
    assert [(record.key, record.value) for batch in batches for record in batch] == RECORDS


@pytest.fixture
async def producer() -> AsyncIterator[AIOKafkaProducer]:
    """Not connected."""
    producer = AIOKafkaProducer(enable_idempotence=True, acks="all")
    yield producer
    await producer.stop()


async def test_undelivered_batches_are_forgotten_so_that_nothing_waits_for_them(producer: AIOKafkaProducer) -> None:
    batch, second = RecordBatch(10_000), RecordBatch(10_000)
    accumulator = producer._message_accumulator
    await accumulator.add_batch(batch, TopicPartition("iot-sensors", 0), timeout=1)
    accumulator._pending_batches.add(await accumulator.add_batch(second, TopicPartition("iot-sensors", 1), timeout=1))
    await drop_undelivered(producer)
    async with asyncio.timeout(1):
        await producer.flush()


async def test_the_client_beneath_the_producer_has_what_probes_and_connecting_need(producer: AIOKafkaProducer) -> None:
    assert callable(producer.client.force_metadata_update)
    assert callable(producer.client.set_topics)
