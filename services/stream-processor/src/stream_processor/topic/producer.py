"""Lets a topic go on where the table ends: fills its log up, sends again what stood below. Repeatable at any point."""

import asyncio
import shutil

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from pyspark.sql import SparkSession

from iot_contracts.tables import READINGS, FilledFrom
from iot_contracts.topics import IOT_SENSORS
from iot_domain.topic_log import disagreement
from service_kit.kafka import started
from service_kit.kafka_headers import read_any_header_names
from service_kit.kafka_log import read_log
from service_kit.logging import get_logger
from stream_processor.checkpoint import forget
from stream_processor.errors import SourceTopicError
from stream_processor.settings import Settings
from stream_processor.tables.catalog import newest_with_offsets, offsets_of
from stream_processor.tables.snapshots import Snapshot
from stream_processor.topic.rejoin_plan import Rejoin, plan_rejoin
from stream_processor.topic.source_topic import SourceTopic

POLL_MS = 1000
_log = get_logger(__name__)


def rejoin(spark: SparkSession, settings: Settings, topic: SourceTopic) -> int:
    """Let the topic that is there go on where the table ends; call it from a thread without an event loop.

    Returns how many messages were sent again: none where topic and table belong together.
    """
    newest = newest_with_offsets(spark, READINGS)
    filled_from, log = topic.remembered_and_there(newest)
    if disagreement(IOT_SENSORS.name, offsets_of(newest), filled_from, log) is None:
        return 0
    copied = asyncio.run(_carry_out_after(newest, settings, filled_from, log.topic_id))
    # Its offsets are of the old log, and a batch that it has planned may reach past this one's end.
    forget(spark, settings.checkpoint_location)
    # So are the offsets at which it remembers identities: those of messages that are gone would make others repeated.
    shutil.rmtree(settings.state_dir, ignore_errors=True)
    topic.accept(filled_from, log.topic_id)
    _log.warning("the topic goes on where the table ends", topic_id=log.topic_id, copied=copied)
    return copied


async def _carry_out_after(
    newest: Snapshot | None, settings: Settings, filled_from: FilledFrom | None, topic_id: str
) -> int:
    log = await read_log(
        settings.kafka_bootstrap_servers,
        IOT_SENSORS.name,
        timeout_s=settings.kafka_timeout_s,
        epochs=filled_from.leader_epochs if filled_from else {},
        since_ms=round(newest.committed_at.timestamp() * 1000) if newest else 0,
    )
    if log is None or log.topic_id != topic_id:
        raise SourceTopicError(f"{IOT_SENSORS.name} was deleted meanwhile; ask again once it is there")
    return await carry_out(settings.kafka_bootstrap_servers, plan_rejoin(offsets_of(newest), filled_from, log))


async def carry_out(bootstrap_servers: str, rejoin: Rejoin) -> int:
    """Return how many messages were sent again. Raises KafkaError; doing it all again is safe then."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap_servers, acks="all", enable_idempotence=True)
    read_any_header_names()
    consumer: AIOKafkaConsumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, enable_auto_commit=False)
    async with started(producer), started(consumer):
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
