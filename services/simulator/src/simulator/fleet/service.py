"""Runs the fleet: measures what is due at each tick, and delivers it behind."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from iot_contracts.readings import Reading
from service_kit.logging import get_logger
from simulator.delivery.buffer import Buffer
from simulator.delivery.http_sender import HttpSender
from simulator.delivery.tally import Tally
from simulator.fleet.delivery_order import DeliveryOrder
from simulator.fleet.measurements import Measurements

_log = get_logger(__name__)


@dataclass(frozen=True)
class Pace:
    """How often something happens, and how much at a time."""

    tick_s: float
    probe_interval_s: float
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
        on_measured: Sequence[Callable[[Sequence[Reading]], None]] = (),
        start_at: datetime | None = None,
    ) -> None:
        self._measurements = measurements
        self._order = DeliveryOrder()
        self._buffer = buffer
        self._sender = sender
        self._tally = tally
        self._pace = pace
        self._on_measured = on_measured
        self._start_at = start_at
        self._ahead = timedelta()
        self._measuring: asyncio.Task[None] | None = None
        self._background: list[asyncio.Task[None]] = []
        self.failed = asyncio.Event()
        """Set once measuring or delivering has ended by an error; the log has it."""

    @property
    def running(self) -> bool:
        """Whether the sensors measure now."""
        return self._measuring is not None and not self._measuring.done()

    def now(self) -> datetime:
        """The time that the sensors live in: the real one, or the one that began with `start_at`."""
        return datetime.now(UTC) + self._ahead

    def open(self) -> None:
        """Begin to deliver what comes."""
        if len(self._buffer):
            _log.info("delivering what an earlier run has left", readings=len(self._buffer))
        self._background = [self._task(self._deliver()), self._task(self._watch())]

    async def close(self, flush_timeout_s: float) -> None:
        """Stop measuring and deliver what is buffered; what can't be within the time stays on disk."""
        await self.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(flush_timeout_s):
                await self._buffer.wait_until_empty()
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        self._tally.kept_at_end = len(self._buffer)
        if self._tally.kept_at_end:
            _log.warning("readings stay in the buffer; the next start delivers them", kept=self._tally.kept_at_end)

    async def start(self) -> None:
        """Let the sensors measure; no effect when they do already."""
        if not self.running:
            if self._start_at is not None:  # exactly there, so that the same readings come of it each time
                self._ahead = self._start_at - datetime.now(UTC)
            self._measurements.begin(self._start_at or self.now())
            self._measuring = self._task(self._measure())

    async def stop(self) -> None:
        """Let them stop; what is buffered is still delivered, and what would come late comes now."""
        measuring, self._measuring = self._measuring, None
        if measuring is not None:
            measuring.cancel()
            await asyncio.gather(measuring, return_exceptions=True)
            if measuring.cancelled():
                self._measure_what_is_due()
                self._hand_over(self._order.rest())

    async def missing(self) -> str | None:
        """For /readyz: why readings can't be delivered now, or None."""
        if self.failed.is_set():
            return "The fleet has ended by an error, which the log has. Restart the simulator"
        if self._sender.trouble is None:
            return None
        return (
            f"{self._sender.trouble}; readings are buffered, at most {self._pace.max_buffered_readings}, "
            "and delivered once it is back"
        )

    def _task(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        task.add_done_callback(self._note_the_end)
        return task

    def _note_the_end(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            _log.error("the fleet has ended by an error", exc_info=task.exception())
            self.failed.set()

    async def _measure(self) -> None:
        while True:
            self._measure_what_is_due()
            await asyncio.sleep(self._pace.tick_s)

    def _measure_what_is_due(self) -> None:
        now = self.now()
        self._order.add(self._measurements.due(now, self._pace.max_buffered_readings))
        self._hand_over(self._order.due(now))

    def _hand_over(self, readings: Sequence[Reading]) -> None:
        if not readings:
            return
        self._tally.generated += len(readings)
        self._tally.anomalies += sum(1 for reading in readings if reading.is_anomaly)
        self._buffer.put(readings)
        for listener in self._on_measured:
            listener(readings)

    async def _deliver(self) -> None:
        while True:
            batch = await self._buffer.oldest()
            await self._sender.deliver_body(batch.body, batch.readings)
            self._buffer.settle()

    async def _watch(self) -> None:
        while True:
            if not len(self._buffer):  # otherwise the request that is under way tells
                await self._sender.probe()
            await asyncio.sleep(self._pace.probe_interval_s)
