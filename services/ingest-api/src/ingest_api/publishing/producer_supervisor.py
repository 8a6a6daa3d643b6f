"""Keeps a connection to Kafka: connects when it can, notices when it is gone, and replaces it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Protocol, Self

from ingest_api.errors import KafkaUnavailableError
from iot_contracts.readings import Reading
from service_kit.logging import get_logger

_log = get_logger(__name__)


class Connection(Protocol):
    """One connected producer; see `producer.Connection`."""

    lost: asyncio.Future[str]

    def write(self, readings: Sequence[Reading]) -> Awaitable[None]:
        """Send them; what is returned is done once all are acknowledged."""

    async def probe(self) -> None:
        """Notice on one's own when Kafka is gone."""

    async def close(self) -> None:
        """Flush what can be flushed, and close."""


class ProducerSupervisor:
    """The producer as the service sees it: there, or not there for a reason.

    As long as Kafka is away every write fails at once; nothing queues up for it.
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
        self._bootstrap_servers = bootstrap_servers
        self._reconnect_interval_s = reconnect_interval_s
        self._probe_interval_s = probe_interval_s
        self._connection: Connection | None = None
        self._reason = "Not connected to Kafka yet"
        self._supervision: asyncio.Task[None] | None = None
        self._attempted = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._supervision = asyncio.create_task(self._supervise())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._supervision is not None:
            self._supervision.cancel()
            with suppress(asyncio.CancelledError):
                await self._supervision

    async def first_attempt(self) -> None:
        """Return once the first attempt to connect has ended, well or not."""
        await self._attempted.wait()

    async def missing(self) -> str | None:
        """For /readyz: why readings can't be taken now, or None."""
        if self._connection is not None:
            return None
        return (
            f"{self._reason} (bootstrap servers {self._bootstrap_servers}); "
            "readings are refused with 503 until it is back"
        )

    def require_available(self) -> None:
        """Raises KafkaUnavailableError when there is no connection."""
        self._connected()

    def write(self, readings: Sequence[Reading]) -> Awaitable[None]:
        """Send `readings`; the result completes once Kafka has acknowledged all. Raises KafkaUnavailableError."""
        return self._connected().write(readings)

    def _connected(self) -> Connection:
        if self._connection is None:
            raise KafkaUnavailableError(self._reason)
        return self._connection

    async def _supervise(self) -> None:
        while True:
            try:
                connection = await self._connect()
            except Exception as error:  # whatever kept it from connecting, the remedy is to try again
                self._mark_lost(f"Kafka can't be reached: {error!r}")
                await asyncio.sleep(self._reconnect_interval_s)
                continue
            await self._serve(connection)

    async def _serve(self, connection: Connection) -> None:
        _log.info("connected to kafka", bootstrap_servers=self._bootstrap_servers)
        self._connection = connection
        self._attempted.set()
        try:
            self._mark_lost(await self._until_lost(connection))
        finally:
            self._connection = None
            await self._close(connection)

    async def _until_lost(self, connection: Connection) -> str:
        while True:
            with suppress(TimeoutError):
                return await asyncio.wait_for(asyncio.shield(connection.lost), self._probe_interval_s)
            await connection.probe()

    def _mark_lost(self, reason: str) -> None:
        if self._connection is not None or reason != self._reason:
            _log.warning("kafka unavailable", reason=reason, bootstrap_servers=self._bootstrap_servers)
        self._connection = None
        self._reason = reason
        self._attempted.set()

    async def _close(self, connection: Connection) -> None:
        try:
            await connection.close()
        except Exception as error:  # it is given up in any case; the next one must not wait for this
            _log.warning("closing a producer failed", error=repr(error))
