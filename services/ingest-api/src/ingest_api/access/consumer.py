"""Keeps a copy of the API keys on topic `iot-api-keys`."""

import asyncio
import time

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from ingest_api.access.api_keys import ApiKeys
from iot_contracts.topics import Topic
from service_kit.cancellation import is_being_cancelled
from service_kit.kafka_headers import read_any_header_names
from service_kit.logging import get_logger
from service_kit.progress import Progress

FETCH_MAX_WAIT_MS = 500
"""How long the broker holds an empty fetch; it answers at once when a key arrives."""
REQUEST_TIMEOUT_MS = 1500
IDLE_CHECK_MS = 500
"""After this time without a message the broker is asked for the topic's end, to check the connection."""

_log = get_logger(__name__)


class ApiKeyConsumer:
    """Reads the whole topic at each connection, and then new messages.

    While Kafka is unavailable a key may have been revoked unnoticed, so no key counts as valid.
    """

    def __init__(self, topic: Topic, bootstrap_servers: str, reconnect_interval_s: float) -> None:
        self.keys = ApiKeys()
        self._topic = topic
        self._brokers = bootstrap_servers
        self._reconnect_interval_s = reconnect_interval_s
        self._reason: str | None = "The API keys have not been read yet"
        self._attempted = asyncio.Event()

    async def run(self) -> None:
        """Read the keys, and read them anew after each loss of the connection, until cancelled."""
        read_any_header_names()
        while True:
            try:
                await self._read()
            except asyncio.CancelledError:
                if is_being_cancelled():
                    raise
                # aiokafka's stop() lets the cancellation of its own fetch out while a broker is unavailable.
                self._mark_unavailable("the connection broke")
            except Exception as error:  # whatever kept it from reading, the remedy is to try again
                self._mark_unavailable(repr(error))
            await asyncio.sleep(self._reconnect_interval_s)

    async def first_attempt(self) -> None:
        """Wait until the first attempt to read the keys has succeeded or failed."""
        await self._attempted.wait()

    def unavailable_reason(self) -> str | None:
        """Why the keys are not available, or None when they are."""
        return self._reason

    async def missing(self) -> str | None:
        """For /readyz: why keys cannot be checked now, or None."""
        return self._reason and f"{self._reason}; requests are refused with 503 until they are read"

    def _mark_unavailable(self, why: str) -> None:
        reason = f"Cannot read the API keys from Kafka ({self._brokers}): {why}"
        if reason != self._reason:
            _log.warning("api keys unavailable", reason=reason)
        self._reason = reason
        self._attempted.set()

    async def _read(self) -> None:
        consumer: AIOKafkaConsumer = AIOKafkaConsumer(
            bootstrap_servers=self._brokers,
            client_id="ingest-api-keys",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=FETCH_MAX_WAIT_MS,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
        )
        progress = Progress()
        try:
            await consumer.start()
            partitions = [TopicPartition(self._topic.name, number) for number in range(self._topic.partitions)]
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            self.keys = await self._all_keys(consumer, partitions, progress)
            self._reason = None
            self._attempted.set()
            _log.info("api keys read", keys=len(self.keys))
            while True:
                await _poll(consumer, partitions, self.keys, progress)
        finally:
            await consumer.stop()

    async def _all_keys(
        self, consumer: AIOKafkaConsumer, partitions: list[TopicPartition], progress: Progress
    ) -> ApiKeys:
        keys = ApiKeys()
        ends = await consumer.end_offsets(partitions)
        for partition in partitions:
            while await consumer.position(partition) < ends[partition]:
                await _poll(consumer, partitions, keys, progress)
        return keys


async def _poll(
    consumer: AIOKafkaConsumer, partitions: list[TopicPartition], keys: ApiKeys, progress: Progress
) -> None:
    """Apply new messages. Without any, ask the broker for the topic's end, and raise what that raises.

    Raises TimeoutError when there are messages that do not arrive: one may revoke a key.
    """
    batches = await consumer.getmany(timeout_ms=IDLE_CHECK_MS)
    _update(keys, batches)
    if not batches:
        async with asyncio.timeout(REQUEST_TIMEOUT_MS / 1000):
            ends = await consumer.end_offsets(partitions)
            positions = {partition: await consumer.position(partition) for partition in partitions}
        if standstill := progress.observe(positions, ends, time.monotonic()):
            raise TimeoutError(standstill)


def _update(keys: ApiKeys, batches: dict[TopicPartition, list[ConsumerRecord]]) -> None:
    for batch in batches.values():
        for record in batch:
            key_id = (record.key or b"").decode(errors="replace")
            problem = keys.update(key_id, record.value)
            if problem is not None:
                _log.error("message is not an API key", key_id=key_id, offset=record.offset, error=problem)
