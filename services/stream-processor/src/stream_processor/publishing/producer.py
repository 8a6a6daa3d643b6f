"""Produces window statistics and commit announcements from the process's event loop."""

import asyncio
from collections.abc import Iterable
from typing import NamedTuple

from aiokafka import AIOKafkaProducer

from service_kit.kafka import KafkaConnection, started
from stream_processor.settings import Settings

RECONNECT_INTERVAL_S = 1.0


class Message(NamedTuple):
    """One message: topic, key and value, both UTF-8."""

    topic: str
    key: bytes
    value: bytes


class KafkaProducer:
    """Connects as soon as Kafka is there, and then by itself. Used from the job's thread, runs on the event loop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._kafka = KafkaConnection(
            settings.kafka_bootstrap_servers,
            activity="publishing",
            consequence="readings wait in Kafka until a broker answers",
            reconnect_interval_s=RECONNECT_INTERVAL_S,
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._producer: AIOKafkaProducer | None = None
        self.missing = self._kafka.missing

    @property
    def reason(self) -> str | None:
        """Why there is no connection, or None while there is one."""
        return self._kafka.reason

    async def run(self) -> None:
        """Stay connected until cancelled; what is buffered then is delivered first."""
        self._loop = asyncio.get_running_loop()
        await self._kafka.run(self._stay_connected)

    def send(self, messages: Iterable[Message]) -> None:
        """Produce the messages and wait for their acknowledgement; call it from another thread.

        Raises KafkaError or TimeoutError when Kafka did not acknowledge in time: the batch then fails and is
        run again, which sends the same messages again.
        """
        if self._loop is None:
            raise TimeoutError(f"not connected to Kafka at {self._settings.kafka_bootstrap_servers} yet")
        sending = asyncio.run_coroutine_threadsafe(self._send(list(messages)), self._loop)
        sending.result(timeout=self._settings.kafka_timeout_s)

    async def _send(self, messages: list[Message]) -> None:
        if self._producer is None:
            raise TimeoutError(f"no Kafka broker answers at {self._settings.kafka_bootstrap_servers}")
        futures = [await self._producer.send(m.topic, key=m.key, value=m.value) for m in messages]
        await asyncio.gather(*futures)

    async def _stay_connected(self) -> None:
        client = AIOKafkaProducer(
            bootstrap_servers=self._settings.kafka_bootstrap_servers, acks="all", enable_idempotence=True
        )
        async with started(client) as self._producer:
            self._kafka.connected()
            try:
                await asyncio.Event().wait()  # a broker that goes away is the client's own matter from now on
            finally:
                self._producer = None
