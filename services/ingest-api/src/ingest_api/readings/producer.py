"""The connection to Kafka: an idempotent producer and a queue a partition. The only user of aiokafka."""

import asyncio
import functools
import logging
import time
from collections.abc import Sequence

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.partitioner import DefaultPartitioner

from ingest_api.errors import KafkaUnavailableError
from ingest_api.metrics import Metrics
from ingest_api.readings.partition_queue import BatchBuilder, PartitionQueue
from ingest_api.settings import Settings
from iot_contracts.readings import Reading

MAX_CACHED_SENSORS = 65_536
RETRY_BACKOFF_MS = 50
_partitioner = DefaultPartitioner()


class Connection:
    """A producer that is connected; it serves until the first failure and is replaced then.

    Idempotence needs unbroken sequence numbers, so after a batch whose fate is unknown the producer
    can't be used on: a new one starts a new sequence.
    """

    def __init__(
        self, producer: AIOKafkaProducer, topic: str, partitions: Sequence[int], settings: Settings, metrics: Metrics
    ) -> None:
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Done with the reason once this connection can't be used on."""
        self._producer = producer
        self._topic = topic
        self._partitions = sorted(partitions)
        self._ack_timeout_s = settings.ack_timeout_ms / 1000
        self._metrics = metrics
        self._encode = msgspec.json.Encoder().encode
        self._queues = {partition: self._queue(partition) for partition in self._partitions}
        self._route = functools.lru_cache(MAX_CACHED_SENSORS)(self._find_route)

    def _queue(self, partition: int) -> PartitionQueue:
        async def send_batch(builder: BatchBuilder) -> None:
            acknowledged = await self._producer.send_batch(builder, self._topic, partition=partition)
            await acknowledged

        return PartitionQueue(
            self._producer.create_batch,
            send_batch,
            ack_timeout_s=self._ack_timeout_s,
            on_failure=self._lose,
            metrics=self._metrics,
        )

    def _find_route(self, sensor_id: str) -> tuple[bytes, PartitionQueue]:
        key = sensor_id.encode()
        return key, self._queues[_partitioner(key, self._partitions, self._partitions)]

    def _lose(self, reason: str) -> None:
        if not self.lost.done():
            self.lost.set_result(reason)

    async def write(self, readings: Sequence[Reading]) -> None:
        """Send `readings`, keyed by their sensor, and return once Kafka has acknowledged them all.

        Raises KafkaUnavailableError when it may not have some of them.
        """
        now_ms = time.time_ns() // 1_000_000
        route, encode = self._route, self._encode
        acknowledgements = set()
        for reading in readings:
            key, queue = route(reading.sensor_id)
            acknowledgements.add(queue.append(key, encode(reading), now_ms))
        for acknowledgement in acknowledgements:
            failure = await acknowledgement
            if failure is not None:
                raise KafkaUnavailableError(failure)

    async def probe(self) -> None:
        """Ask a broker whether all is as it was; the answer is `lost`."""
        try:
            async with asyncio.timeout(self._ack_timeout_s):
                if not await self._producer.client.force_metadata_update():
                    self._lose("No Kafka broker answers")
                elif sorted(await self._producer.partitions_for(self._topic)) != self._partitions:
                    self._lose(f"The partitions of topic {self._topic} have changed")
        except (KafkaError, TimeoutError) as error:
            self._lose(f"No Kafka broker answers: {error!r}")

    async def close(self) -> None:
        """Flush and close; after a failure, or when the flush takes too long, drop what is left."""
        if not self.lost.done():
            try:
                await asyncio.wait_for(self._producer.flush(), self._ack_timeout_s)
            except TimeoutError:
                self._lose("Kafka has not acknowledged before the end")
        if self.lost.done():
            await self._drop_undelivered(self.lost.result())
        await self._producer.stop()

    async def _drop_undelivered(self, reason: str) -> None:
        for queue in self._queues.values():
            queue.fail(reason)
        # An idempotent AIOKafkaProducer retries for ever, and its stop() waits for that. Nobody waits for
        # these batches any more, so its sender is ended and they are forgotten before stop() is called.
        await self._producer._sender.close()
        self._producer._message_accumulator._batches.clear()
        self._producer._message_accumulator._pending_batches.clear()


async def connect(topic: str, settings: Settings, metrics: Metrics) -> Connection:
    """Connect to Kafka. Raises KafkaError, OSError or TimeoutError when that is not possible now."""
    # It logs every attempt of every retry; what matters of that is said once by the supervisor.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        client_id="ingest-api",
        acks="all",
        enable_idempotence=True,
        linger_ms=0,
        max_batch_size=settings.max_kafka_batch_bytes,
        request_timeout_ms=settings.ack_timeout_ms,
        retry_backoff_ms=RETRY_BACKOFF_MS,
    )
    try:
        async with asyncio.timeout(settings.connect_timeout_ms / 1000):
            await producer.start()
            await producer.client.set_topics([topic])
            partitions = await producer.partitions_for(topic)
    except BaseException:
        await producer.stop()
        raise
    metrics.kafka_connections.inc()
    return Connection(producer, topic, sorted(partitions), settings, metrics)
