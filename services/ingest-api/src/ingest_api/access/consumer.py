"""Keeps the API keys as topic `iot-api-keys` has them. The only user of aiokafka in this slice."""

import asyncio
import time
from contextlib import suppress
from typing import Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from ingest_api.access.api_keys import ApiKeys
from iot_contracts.topics import Topic
from service_kit.cancellation import is_being_cancelled
from service_kit.kafka_headers import read_any_header_names
from service_kit.logging import get_logger
from service_kit.progress import Progress

FETCH_MAX_WAIT_MS = 500
"""How long the broker holds an empty fetch; it answers at once when a key comes."""
REQUEST_TIMEOUT_MS = 1500
IDLE_CHECK_MS = 500
"""After this long without a message the broker is asked for the topic's end, to know that it is there."""

_log = get_logger(__name__)


class ApiKeyConsumer:
    """Reads the whole topic from its beginning at each connection, and then what comes.

    While Kafka is away nobody knows whether a key has been revoked, so that the keys count as unknown.
    """

    def __init__(self, topic: Topic, bootstrap_servers: str, reconnect_interval_s: float) -> None:
        self.keys = ApiKeys()
        self._topic = topic
        self._brokers = bootstrap_servers
        self._reconnect_interval_s = reconnect_interval_s
        self._reason: str | None = "The API keys have not been read yet"
        self._reading: asyncio.Task[None] | None = None
        self._attempted = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._reading = asyncio.create_task(self._read_for_ever())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._reading is not None:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):
                await self._reading

    async def first_attempt(self) -> None:
        """Return once the first attempt to read the keys has ended, well or not."""
        await self._attempted.wait()

    def unavailable_reason(self) -> str | None:
        """Why the keys are not known, or None when they are."""
        return self._reason

    async def missing(self) -> str | None:
        """For /readyz: why no key can be checked now, or None."""
        return self._reason and f"{self._reason}; requests are refused with 503 until they are read"

    async def _read_for_ever(self) -> None:
        read_any_header_names()
        while True:
            try:
                await self._read()
            except asyncio.CancelledError:
                if is_being_cancelled():
                    raise
                # aiokafka's stop() lets the cancellation of its own fetch out while a broker is away.
                self._mark_unavailable("the connection broke")
            except Exception as error:  # whatever kept it from reading, the remedy is to try again
                self._mark_unavailable(repr(error))
            await asyncio.sleep(self._reconnect_interval_s)

    def _mark_unavailable(self, why: str) -> None:
        reason = f"The API keys can't be read from Kafka ({self._brokers}): {why}"
        if reason != self._reason:
            _log.warning("api keys unknown", reason=reason)
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
    """Learn what comes. Silence may mean that the broker is away: then it is asked, and what that raises is raised.

    Raises TimeoutError when messages wait that do not come: a revocation may be among them.
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
                _log.error("a message is no API key", key_id=key_id, offset=record.offset, error=problem)
