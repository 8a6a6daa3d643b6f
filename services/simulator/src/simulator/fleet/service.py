"""Runs the fleet: measures what is due at each tick, and delivers it behind."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from iot_contracts.readings import Reading
from service_kit.logging import get_logger
from simulator.delivery.buffer import Buffer
from simulator.delivery.http_sender import HttpSender
from simulator.delivery.tally import Tally
from simulator.fleet.measurements import Measurements

_log = get_logger(__name__)


@dataclass(frozen=True)
class Pace:
    """How often something happens, and how much at a time."""

    tick_s: float
    probe_interval_s: float
    max_request_readings: int
    max_buffered_readings: int


class FleetService:
    """The fleet can be started and stopped; delivery goes on as long as the service is open."""

    def __init__(
        self,
        measurements: Measurements,
        buffer: Buffer,
        sender: HttpSender,
        tally: Tally,
        pace: Pace,
        on_measured: Callable[[Sequence[Reading]], None] | None = None,
    ) -> None:
        self._measurements = measurements
        self._buffer = buffer
        self._sender = sender
        self._tally = tally
        self._pace = pace
        self._on_measured = on_measured
        self._measuring: asyncio.Task[None] | None = None
        self._background: list[asyncio.Task[None]] = []

    @property
    def running(self) -> bool:
        """Whether the sensors measure now."""
        return self._measuring is not None

    def open(self) -> None:
        """Begin to deliver what comes."""
        self._background = [asyncio.create_task(self._deliver()), asyncio.create_task(self._watch())]

    async def close(self, flush_timeout_s: float) -> None:
        """Stop measuring and deliver what is buffered; what can't be within the time is counted as lost."""
        await self.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(flush_timeout_s):
                await self._buffer.wait_until_empty()
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        self._tally.lost_at_end = len(self._buffer)
        if self._tally.lost_at_end:
            _log.error("readings could not be delivered before the end", lost=self._tally.lost_at_end)

    async def start(self) -> None:
        """Let the sensors measure; no effect when they do already."""
        if self._measuring is None:
            self._measuring = asyncio.create_task(self._measure())

    async def stop(self) -> None:
        """Let them stop; what is buffered is still delivered."""
        if self._measuring is not None:
            self._measuring.cancel()
            await asyncio.gather(self._measuring, return_exceptions=True)
            self._measuring = None

    async def missing(self) -> str | None:
        """For /readyz: why readings can't be delivered now, or None."""
        if self._sender.trouble is None:
            return None
        return (
            f"{self._sender.trouble}; readings are buffered, at most {self._pace.max_buffered_readings}, "
            "and delivered once it is back"
        )

    async def _measure(self) -> None:
        started = datetime.now(UTC)
        self._measurements.restart()
        while True:
            readings = self._measurements.due(started, datetime.now(UTC), self._pace.max_buffered_readings)
            self._tally.generated += len(readings)
            self._buffer.put(readings)
            if self._on_measured is not None:
                self._on_measured(readings)
            await asyncio.sleep(self._pace.tick_s)

    async def _deliver(self) -> None:
        while True:
            readings = await self._buffer.take(self._pace.max_request_readings)
            await self._sender.deliver(readings)
            self._buffer.settle()

    async def _watch(self) -> None:
        while True:
            if not self.running:  # otherwise every tick's request tells
                await self._sender.probe()
            await asyncio.sleep(self._pace.probe_interval_s)
