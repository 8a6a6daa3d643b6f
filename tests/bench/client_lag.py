"""How late a benchmark's own client was, kept apart from the latencies that it measures.

A client that has no time to send or to read measures itself. Whatever it was late with is in its figures too, so
above a bound they say nothing of the service, and the benchmark says so.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bench.percentiles import latency_row, percentile

LOOP_POLL_S = 0.01
MAX_CPU_SHARE = 0.8
"""Of one core, which is all that an event loop can use; a client this busy sets the pace itself."""
_ROWS = {"sent": "client: due to sent", "read": "client: read to decoded", "loop": "client: event loop late"}


@dataclass(frozen=True)
class Clock:
    """What tells the time, in seconds, and waits."""

    now: Callable[[], float] = time.perf_counter
    cpu: Callable[[], float] = time.process_time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def sleep_until(self, due: float) -> None:
        """Wait until `due`; when that is past, only let others run."""
        await self.sleep(max(0.0, due - self.now()))


@dataclass
class ClientLag:
    """By how many seconds the client was late, sample by sample, and how busy it was.

    `sent_s`: requests, from when each was due until it left. `read_s`: messages, from the read of the socket until
    they were decoded. `loop_s`: timers of the event loop; as long as these are late, what has arrived lies unread.
    `bound_s`: what the 99th percentile of each may be.
    """

    bound_s: float
    clock: Clock = field(default_factory=Clock)
    sent_s: list[float] = field(default_factory=list)
    read_s: list[float] = field(default_factory=list)
    loop_s: list[float] = field(default_factory=list)
    cpu_share: float = 0.0

    def sent(self, due: float) -> None:
        """Note that the request that was due at `due` leaves now."""
        self.sent_s.append(self.clock.now() - due)

    def decoded(self, read_at: float) -> None:
        """Note that the message that came out of the socket at `read_at` is decoded now."""
        self.read_s.append(self.clock.now() - read_at)

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Sample the event loop until the block ends, and note how busy this process was in it."""
        started, cpu_before = self.clock.now(), self.clock.cpu()
        watch = asyncio.create_task(self._watch_loop())
        try:
            yield
        finally:
            watch.cancel()
            elapsed_s = self.clock.now() - started
            if elapsed_s > 0:
                self.cpu_share = max(self.cpu_share, (self.clock.cpu() - cpu_before) / elapsed_s)

    async def _watch_loop(self) -> None:
        while True:
            due = self.clock.now() + LOOP_POLL_S
            await self.clock.sleep(LOOP_POLL_S)
            self.loop_s.append(self.clock.now() - due)

    def _samples(self) -> dict[str, list[float]]:
        kinds = {"sent": self.sent_s, "read": self.read_s, "loop": self.loop_s}
        return {kind: samples for kind, samples in kinds.items() if samples}

    def p99_s(self) -> dict[str, float]:
        """The 99th percentile of each kind of lag that there are samples of."""
        return {kind: percentile(samples, 99) for kind, samples in self._samples().items()}

    def rows(self) -> dict[str, dict[str, float]]:
        """A row of a benchmark's table for each kind of lag."""
        return {_ROWS[kind]: latency_row(samples) for kind, samples in self._samples().items()}

    @property
    def fell_behind(self) -> bool:
        """Whether the figures are rather the client's than the service's."""
        return self._sets_the_pace or any(p99 > self.bound_s for p99 in self.p99_s().values())

    @property
    def _sets_the_pace(self) -> bool:
        """Whether a client that only waits for answers, so that nothing is ever due, is too busy to do so."""
        return not self.sent_s and self.cpu_share > MAX_CPU_SHARE

    def figures(self) -> dict[str, object]:
        """What stands of the client in a benchmark's line of JSON."""
        lags = {f"client_{name}_late_p99_ms": round(p99 * 1000, 1) for name, p99 in self.p99_s().items()}
        return {**lags, "client_cpu_share": round(self.cpu_share, 2), "client_fell_behind": self.fell_behind}

    def complaint(self) -> str:
        """What to tell the person when the client fell behind."""
        worst_ms = max(self.p99_s().values(), default=0.0) * 1000
        lag = f"p99 lag {worst_ms:.1f} ms, {self.cpu_share:.2f} of a core"
        bounds = f"{self.bound_s * 1000:g} ms, and {MAX_CPU_SHARE} of a core where answers set the pace"
        return f"client fell behind: {lag} (bounds: {bounds}); figures are of the client, not of the service"
