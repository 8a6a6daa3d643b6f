"""Carries out a `Rejoin`: fills the log up and sends again what stood below. Repeatable at any point."""

import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from iot_contracts.topics import IOT_SENSORS
from stream_processor.rejoin import Rejoin

POLL_MS = 1000


async def carry_out(bootstrap_servers: str, rejoin: Rejoin) -> int:
    """Return how many messages were sent again. Raises KafkaError; doing it all again is safe then."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap_servers, acks="all", enable_idempotence=True)
    consumer: AIOKafkaConsumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, enable_auto_commit=False)
    async with producer, consumer:
        for partition, count in rejoin.fillers.items():
            await _fill(producer, partition, count)
        copies = [await _copy(consumer, producer, place, *span) for place, span in rejoin.copies.items()]
    return sum(copies)


async def _fill(producer: AIOKafkaProducer, partition: int, count: int) -> None:
    while count > 0:
        batch = producer.create_batch()
        while count > 0 and batch.append(key=None, value=None, timestamp=None) is not None:
            count -= 1
        batch.close()
        await (await producer.send_batch(batch, IOT_SENSORS.name, partition=partition))


async def _copy(consumer: AIOKafkaConsumer, producer: AIOKafkaProducer, partition: int, start: int, end: int) -> int:
    """Send the messages [start, end) of a partition again, fillers left out. They keep their partition and order."""
    place = TopicPartition(IOT_SENSORS.name, partition)
    consumer.assign([place])
    consumer.seek(place, start)
    copied = 0
    while await consumer.position(place) < end:
        polled = (await consumer.getmany(place, timeout_ms=POLL_MS)).get(place, [])
        kept = [record for record in polled if record.offset < end and record.value is not None]
        sent = [
            await producer.send(IOT_SENSORS.name, record.value, key=record.key, partition=partition) for record in kept
        ]
        await asyncio.gather(*sent)
        copied += len(sent)
    return copied
