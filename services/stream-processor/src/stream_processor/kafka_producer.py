"""Produces window statistics and commit announcements from the process's event loop."""

import asyncio
from collections.abc import Iterable
from typing import NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from service_kit.logging import get_logger
from stream_processor.settings import Settings

RECONNECT_INTERVAL_S = 1.0
_log = get_logger(__name__)


class Message(NamedTuple):
    """One message: topic, key and value, both UTF-8."""

    topic: str
    key: bytes
    value: bytes


class KafkaProducer:
    """A producer that connects as soon as Kafka is there. Used from the job's thread, runs on the event loop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loop: asyncio.AbstractEventLoop | None = None
        self._producer: AIOKafkaProducer | None = None
        self._connecting: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "KafkaProducer":
        """Begin to connect; returns at once."""
        self._loop = asyncio.get_running_loop()
        self._connecting = asyncio.create_task(self._connect())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Deliver what is buffered and disconnect."""
        if self._connecting:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        if self._producer:
            await self._producer.stop()

    @property
    def is_connected(self) -> bool:
        """Whether the first connection has been made; later ones are the producer's own matter."""
        return self._producer is not None

    def send(self, messages: Iterable[Message]) -> None:
        """Produce the messages and wait for their acknowledgement; call it from another thread.

        Raises KafkaError or TimeoutError when Kafka did not acknowledge in time: the batch then fails and is
        run again, which sends the same messages again.
        """
        if self._loop is None:
            raise RuntimeError("the producer is not open")
        sending = asyncio.run_coroutine_threadsafe(self._send(list(messages)), self._loop)
        sending.result(timeout=self._settings.kafka_timeout_s)

    async def _send(self, messages: list[Message]) -> None:
        if self._producer is None:
            raise TimeoutError(f"no Kafka broker answers at {self._settings.kafka_bootstrap_servers}")
        futures = [await self._producer.send(m.topic, key=m.key, value=m.value) for m in messages]
        await asyncio.gather(*futures)

    async def _connect(self) -> None:
        while self._producer is None:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._settings.kafka_bootstrap_servers, acks="all", enable_idempotence=True
            )
            try:
                await producer.start()
                self._producer = producer
            except (KafkaError, OSError) as error:
                _log.info("waiting for Kafka", error=str(error))
                await producer.stop()
                await asyncio.sleep(RECONNECT_INTERVAL_S)
