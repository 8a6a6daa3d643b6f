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
from ingest_api.publishing.partition_queue import Acknowledgement, PartitionQueue, Record
from iot_contracts.readings import Reading
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
    """A producer that is connected; it serves until the first failure and is replaced then.

    Idempotence needs unbroken sequence numbers, so after a batch whose fate is unknown the producer
    can't be used on: a new one starts a new sequence.
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
        """Done with the reason once this connection can't be used on."""
        self._producer = producer
        self._topic = topic
        self._partitions = sorted(partitions)
        self._config = config
        self._metrics = metrics
        self._queues = [self._queue(partition) for partition in self._partitions]
        self._positions = list(range(len(self._partitions)))
        self._destination = functools.lru_cache(MAX_CACHED_SENSORS)(self._destination_of)

    def _queue(self, partition: int) -> PartitionQueue[RecordBatch]:
        async def send_batch(batch: RecordBatch) -> None:
            acknowledged = await self._producer.send_batch(batch, self._topic, partition=partition)
            await acknowledged

        return PartitionQueue(
            lambda: RecordBatch(self._config.max_batch_bytes),
            send_batch,
            ack_timeout_s=self._config.ack_timeout_s,
            on_failure=self._mark_lost,
            metrics=self._metrics,
        )

    def _destination_of(self, sensor_id: str) -> tuple[bytes, int]:
        """A sensor's key, and which of the queues is its partition's."""
        key = sensor_id.encode()
        return key, _partitioner(key, self._positions, self._positions)

    def _mark_lost(self, reason: str) -> None:
        if not self.lost.done():
            self.lost.set_result(reason)

    def write(self, readings: Sequence[Reading]) -> Awaitable[None]:
        """Send `readings`, keyed by their sensor; what is returned is done once Kafka has acknowledged them all.

        It raises KafkaUnavailableError when Kafka may not have some of them. It holds none of the readings: while
        Kafka is slow, only their bytes are waiting.
        """
        return _all_acknowledged(self._append(readings, time.time_ns() // 1_000_000))

    def _append(self, readings: Sequence[Reading], now_ms: int) -> list[Acknowledgement]:
        """Encode, and hand each partition's records to its queue in one call: the hot path, so two flat loops."""
        destination = self._destination
        records: list[list[Record]] = [[] for _ in self._queues]
        for reading, message in zip(readings, messages_of(readings), strict=True):
            key, position = destination(reading.sensor_id)
            records[position].append((key, message))
        acknowledgements: list[Acknowledgement] = []
        for queue, of_queue in zip(self._queues, records, strict=True):
            if of_queue:
                acknowledgements += queue.append(of_queue, now_ms)
        return acknowledgements

    async def probe(self) -> None:
        """Ask a broker whether all is as it was; the answer is `lost`."""
        try:
            async with asyncio.timeout(self._config.ack_timeout_s):
                if not await self._producer.client.force_metadata_update():
                    self._mark_lost("No Kafka broker answers")
                elif sorted(await self._producer.partitions_for(self._topic)) != self._partitions:
                    self._mark_lost(f"The partitions of topic {self._topic} have changed")
        except (KafkaError, TimeoutError) as error:
            self._mark_lost(f"No Kafka broker answers: {error!r}")

    async def close(self) -> None:
        """Flush and close; after a failure, or when the flush takes too long, drop what is left."""
        if not self.lost.done():
            try:
                await asyncio.wait_for(self._producer.flush(), self._config.ack_timeout_s)
            except TimeoutError:
                self._mark_lost("Kafka has not acknowledged before the end")
        if self.lost.done():
            for queue in self._queues:
                queue.fail(self.lost.result())
            await drop_undelivered(self._producer)
        await stop(self._producer)


async def _all_acknowledged(acknowledgements: list[Acknowledgement]) -> None:
    for acknowledgement in acknowledgements:
        failure = await acknowledgement
        if failure is not None:
            raise KafkaUnavailableError(failure)


async def connect(topic: str, config: ProducerConfig, metrics: Metrics) -> Connection:
    """Connect to Kafka. Raises KafkaError, OSError or TimeoutError when that is not possible now."""
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
