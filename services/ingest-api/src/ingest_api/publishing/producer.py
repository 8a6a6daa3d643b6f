"""The connection to Kafka: an idempotent producer with a queue for each partition."""

import asyncio
import functools
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.partitioner import DefaultPartitioner

from ingest_api.errors import KafkaUnavailableError
from ingest_api.formats.encoded import messages_of
from ingest_api.metrics import Metrics
from ingest_api.publishing.aiokafka_internals import RecordBatch, drop_undelivered
from ingest_api.publishing.partition_queue import UNKNOWN, Acknowledgement, PartitionQueue, Record
from iot_contracts.readings import Reading
from iot_domain.position import Position
from service_kit.kafka import stop

MAX_CACHED_SENSORS = 65_536
RETRY_BACKOFF_MS = 50
_partitioner = DefaultPartitioner()


@dataclass(frozen=True)
class ProducerConfig:
    """How to connect to Kafka and how long to wait for it."""

    bootstrap_servers: str
    connect_timeout_s: float
    ack_timeout_s: float
    max_batch_bytes: int


class Connection:
    """A connected producer, used until its first failure.

    Idempotence needs unbroken sequence numbers, so after a batch that may have been lost a new producer must start
    a new sequence.
    """

    def __init__(
        self,
        producer: AIOKafkaProducer,
        topic: str,
        partitions: Sequence[int],
        config: ProducerConfig,
        metrics: Metrics,
    ) -> None:
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Its result is the reason once this connection cannot be used any more."""
        self._producer = producer
        self._topic = topic
        self._partitions = sorted(partitions)
        self._config = config
        self._metrics = metrics
        self._queues = [self._queue(partition) for partition in self._partitions]
        self._positions = list(range(len(self._partitions)))
        self._destination = functools.lru_cache(MAX_CACHED_SENSORS)(self._destination_of)

    def _queue(self, partition: int) -> PartitionQueue[RecordBatch]:
        async def send_batch(batch: RecordBatch) -> int:
            acknowledged = await self._producer.send_batch(batch, self._topic, partition=partition)
            return int((await acknowledged).offset)

        return PartitionQueue(
            lambda: RecordBatch(self._config.max_batch_bytes),
            send_batch,
            ack_timeout_s=self._config.ack_timeout_s,
            on_failure=self._mark_lost,
            metrics=self._metrics,
        )

    def _destination_of(self, sensor_id: str) -> tuple[bytes, int]:
        """A sensor's key, and the index of its partition's queue."""
        key = sensor_id.encode()
        return key, _partitioner(key, self._positions, self._positions)

    def _mark_lost(self, reason: str) -> None:
        if not self.lost.done():
            self.lost.set_result(reason)

    def write(self, readings: Sequence[Reading]) -> Awaitable[Position]:
        """Send `readings`, keyed by their sensor; the result completes once Kafka has acknowledged all of them.

        It is where they end in each partition. It raises KafkaUnavailableError when Kafka may not have some of them.
        It keeps only the readings' bytes, not the objects, while Kafka is slow.
        """
        return _all_acknowledged(self._append(readings, time.time_ns() // 1_000_000))

    def _append(self, readings: Sequence[Reading], now_ms: int) -> list[tuple[int, Acknowledgement]]:
        """Encode, and hand each partition's records to its queue in one call: the hot path, so two flat loops."""
        destination = self._destination
        records: list[list[Record]] = [[] for _ in self._queues]
        for reading, message in zip(readings, messages_of(readings), strict=True):
            key, position = destination(reading.sensor_id)
            records[position].append((key, message))
        acknowledgements: list[tuple[int, Acknowledgement]] = []
        for partition, queue, of_queue in zip(self._partitions, self._queues, records, strict=True):
            if of_queue:
                acknowledgements += [(partition, one) for one in queue.append(of_queue, now_ms)]
        return acknowledgements

    async def probe(self) -> None:
        """Ask a broker whether the topic still has the same partitions; if not, complete `lost`."""
        try:
            async with asyncio.timeout(self._config.ack_timeout_s):
                if not await self._producer.client.force_metadata_update():
                    self._mark_lost("No Kafka broker answers")
                elif sorted(await self._producer.partitions_for(self._topic)) != self._partitions:
                    self._mark_lost(f"The partitions of topic {self._topic} have changed")
        except (KafkaError, TimeoutError) as error:
            self._mark_lost(f"No Kafka broker answers: {error!r}")

    async def close(self) -> None:
        """Flush and close; after a failure, or when the flush takes too long, drop the undelivered batches."""
        if not self.lost.done():
            try:
                await asyncio.wait_for(self._producer.flush(), self._config.ack_timeout_s)
            except TimeoutError:
                self._mark_lost("Kafka did not acknowledge before the shutdown")
        if self.lost.done():
            for queue in self._queues:
                queue.fail(self.lost.result())
            await drop_undelivered(self._producer)
        await stop(self._producer)


async def _all_acknowledged(acknowledgements: list[tuple[int, Acknowledgement]]) -> Position:
    position: dict[int, int] = {}
    for partition, acknowledgement in acknowledgements:
        result = await acknowledgement
        if isinstance(result, str):
            raise KafkaUnavailableError(result)
        position[partition] = result  # of a partition's batches the last one ends last
    return {partition: offset for partition, offset in position.items() if offset != UNKNOWN}


async def connect(topic: str, config: ProducerConfig, metrics: Metrics) -> Connection:
    """Connect to Kafka. Raises KafkaError, OSError or TimeoutError when Kafka is unavailable."""
    producer = AIOKafkaProducer(
        bootstrap_servers=config.bootstrap_servers,
        client_id="ingest-api",
        acks="all",
        enable_idempotence=True,
        linger_ms=0,
        max_batch_size=config.max_batch_bytes,
        request_timeout_ms=round(config.ack_timeout_s * 1000),
        retry_backoff_ms=RETRY_BACKOFF_MS,
    )
    try:
        async with asyncio.timeout(config.connect_timeout_s):
            await producer.start()
            await producer.client.set_topics([topic])
            partitions = await producer.partitions_for(topic)
    except BaseException:
        await stop(producer)
        raise
    metrics.kafka_connections.inc()
    return Connection(producer, topic, sorted(partitions), config, metrics)
