"""Publishes the outbox to Kafka: at least once, in order."""

import asyncio

from aiokafka import AIOKafkaProducer

from query_api.database.connection import Database
from query_api.errors import DatabaseUnavailableError
from query_api.outbox.repository import acquire_turn, delete_messages, oldest_messages
from service_kit.kafka import KafkaConnection, started
from service_kit.logging import get_logger

MAX_MESSAGES = 500
LOOK_INTERVAL_S = 2.0
"""How often the outbox is looked at for what another process decided; own messages are published at once."""
PUBLISH_TIMEOUT_S = 10.0
RETRY_S = 1.0
_log = get_logger(__name__)


class OutboxProducer:
    """Sends what the outbox holds and deletes it once Kafka has acknowledged it.

    A crash between the two sends it again: its topics are compacted by key, and each message carries its version.
    """

    def __init__(self, bootstrap_servers: str, database: Database) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._database = database
        self._decided = asyncio.Event()
        self._kafka = KafkaConnection(
            bootstrap_servers,
            activity="publishing rules and sensors",
            consequence="changes of rules and sensors wait in the database",
            reconnect_interval_s=RETRY_S,
        )

    def wake(self) -> None:
        """Say that something was decided."""
        self._decided.set()

    async def missing(self) -> str | None:
        """For `/readyz`: why nothing is published, or None."""
        return await self._kafka.missing()

    async def run(self) -> None:
        """Publish until cancelled."""
        await self._kafka.run(self._publish_forever)

    async def _publish_forever(self) -> None:
        await self._database.ready()
        client = AIOKafkaProducer(bootstrap_servers=self._bootstrap_servers, acks="all", enable_idempotence=True)
        async with started(client) as producer:
            self._kafka.connected()
            while True:
                self._decided.clear()
                try:
                    while await self._publish_some(producer):
                        pass
                except DatabaseUnavailableError as error:
                    _log.warning("the outbox cannot be read", why=str(error))
                    await self._database.ready()
                    continue
                await self._wait()

    async def _publish_some(self, producer: AIOKafkaProducer) -> bool:
        """Publish the oldest messages; whether there may be more."""
        async with self._database.transaction() as session:
            messages = await oldest_messages(session, MAX_MESSAGES) if await acquire_turn(session) else []
            if not messages:
                return False
            async with asyncio.timeout(PUBLISH_TIMEOUT_S):
                waiting = [await producer.send(one.topic, value=one.value, key=one.key.encode()) for one in messages]
                await asyncio.gather(*waiting)
            await delete_messages(session, messages)
        return len(messages) == MAX_MESSAGES

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(LOOK_INTERVAL_S):
                await self._decided.wait()
        except TimeoutError:
            return
