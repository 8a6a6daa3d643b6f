"""Keeps a connection to Kafka: connects, notices a loss, and reconnects."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Protocol

from ingest_api.errors import KafkaUnavailableError
from iot_contracts.readings import Reading
from iot_domain.position import Position
from service_kit.kafka import KafkaConnection
from service_kit.logging import get_logger

STOPPED = "The connection to Kafka is closed"
_log = get_logger(__name__)


class Connection(Protocol):
    """One connected producer; see `producer.Connection`."""

    lost: asyncio.Future[str]

    def write(self, readings: Sequence[Reading]) -> Awaitable[Position]:
        """Send them; the result completes once all are acknowledged."""

    async def probe(self) -> None:
        """Check the connection; the result is `lost`."""

    async def close(self) -> None:
        """Flush, and close."""


class ProducerSupervisor:
    """The producer as the service sees it: connected, or unavailable with a reason.

    While Kafka is unavailable every write fails at once; nothing is queued for it.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        *,
        bootstrap_servers: str,
        reconnect_interval_s: float,
        probe_interval_s: float,
    ) -> None:
        self._connect = connect
        self._probe_interval_s = probe_interval_s
        self._connection: Connection | None = None
        self._kafka = KafkaConnection(
            bootstrap_servers,
            activity="publishing readings",
            consequence="readings are refused with 503 until Kafka is available",
            reconnect_interval_s=reconnect_interval_s,
            describe=lambda error: f"Cannot connect to Kafka at {bootstrap_servers}: {error!r}",
        )
        self.attempted = self._kafka.attempted

    async def run(self) -> None:
        """Connect, and connect again after each loss, until cancelled."""
        await self._kafka.run(self._serve)

    async def missing(self) -> str | None:
        """For /readyz: why readings cannot be accepted now, or None."""
        return await self._kafka.missing() or (None if self._connection else STOPPED)

    def require_available(self) -> None:
        """Raises KafkaUnavailableError when there is no connection."""
        self._connected()

    def write(self, readings: Sequence[Reading]) -> Awaitable[Position]:
        """Send `readings`; the result completes once Kafka has acknowledged all. Raises KafkaUnavailableError."""
        return self._connected().write(readings)

    def _connected(self) -> Connection:
        if self._connection is None:
            raise KafkaUnavailableError(self._kafka.reason or STOPPED)
        return self._connection

    async def _serve(self) -> None:
        connection = await self._connect()
        self._connection = connection
        self._kafka.connected()
        try:
            self._kafka.lost(await self._until_lost(connection))
        finally:
            self._connection = None
            await self._close(connection)

    async def _until_lost(self, connection: Connection) -> str:
        while True:
            with suppress(TimeoutError):
                return await asyncio.wait_for(asyncio.shield(connection.lost), self._probe_interval_s)
            await connection.probe()

    async def _close(self, connection: Connection) -> None:
        try:
            await connection.close()
        except Exception as error:  # the next connection must not wait for this one
            _log.warning("cannot close a producer", error=repr(error))
