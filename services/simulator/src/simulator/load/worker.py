"""One worker: keeps its connections busy with what is due."""

import asyncio
import selectors
import time
from urllib.parse import urlsplit

from simulator.load.connection import Connection, ConnectionFailedError, connect
from simulator.load.figures import Figures, record
from simulator.load.plan import Plan
from simulator.load.requests import Requests

WATCH_INTERVAL_S = 0.1
RECONNECT_WAIT_S = 0.1


class Worker:
    """Every connection has a slot that takes the next request's number, waits until it is due, and sends it."""

    def __init__(self, plan: Plan, number: int, requests: Requests) -> None:
        self._plan = plan
        self._number = number
        self._requests = requests
        self._taken = 0
        self._started = 0.0
        self._open: set[Connection] = set()
        self.figures = Figures()

    async def run(self) -> Figures:
        """Send all that is due and wait for the answers."""
        self._started = time.perf_counter()
        watch = asyncio.create_task(self._watch())
        await asyncio.gather(*(self._slot() for _ in range(self._plan.connections)))
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
        self._count_unsent()
        return self.figures

    async def _slot(self) -> None:
        connection: Connection | None = None
        while (due := self._next_due()) is not None:
            if (wait_s := due - self._now()) > 0:
                await asyncio.sleep(wait_s)
            try:
                connection = await self._connected(connection)
                await self._ask(connection, due)
            except ConnectionFailedError as error:
                if due >= self._plan.warm_up_s:
                    self.figures.failures[str(error)] += 1
                self._discard(connection)
                connection = None
                if self._plan.rate_per_s is None:  # a server that is away must not be asked without a pause
                    await asyncio.sleep(RECONNECT_WAIT_S)
        self._discard(connection)

    async def _ask(self, connection: Connection, due: float) -> None:
        measured = due >= self._plan.warm_up_s
        request = self._requests.next(time.time())
        sent = self._now()
        try:
            answer = await connection.ask(request)
            self.figures.count(answer, self._plan.batch, measured=measured)
        finally:  # without an answer it has waited at least so long: leaving it out would flatter the server
            if measured:
                # Without a rate a request is due when its connection is free: encoding it is not the server's time.
                since = sent if self._plan.rate_per_s is None else due
                ended = self._now()
                record(self.figures.latencies, ended - since)
                record(self.figures.lags, sent - since)
                self.figures.elapsed_s = max(self._plan.duration_s, ended - self._plan.warm_up_s)

    def _next_due(self) -> float | None:
        """When the next request is due, in seconds from the start; None when no more are, or time is up."""
        now = self._now()
        due = now if self._plan.rate_per_s is None else self._plan.due_s(self._number, self._taken)
        if due >= self._plan.span_s or now >= self._plan.span_s + self._plan.timeout_s:
            return None
        self._taken += 1
        return due

    def _count_unsent(self) -> None:
        """Requests that found no connection waited until now: leaving them out would flatter the server."""
        now = self._now()
        while self._plan.rate_per_s is not None:
            due = self._plan.due_s(self._number, self._taken)
            if due >= self._plan.span_s:
                return
            self._taken += 1
            if due >= self._plan.warm_up_s:
                self.figures.unsent += 1
                record(self.figures.latencies, now - due)

    async def _connected(self, connection: Connection | None) -> Connection:
        """The connection, or a new one: a server may close one after an answer or a time without a request."""
        if connection is not None and connection.is_open:
            return connection
        self._discard(connection)
        address = urlsplit(self._plan.url)
        connection = await connect(address.hostname or "", address.port or 80, self._plan.timeout_s)
        self._open.add(connection)
        return connection

    def _discard(self, connection: Connection | None) -> None:
        if connection is not None:
            self._open.discard(connection)
            connection.fail("discarded")

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(WATCH_INTERVAL_S)
            for connection in list(self._open):
                if connection.asked_at and loop.time() - connection.asked_at > self._plan.timeout_s:
                    connection.fail("no answer in time")

    def _now(self) -> float:
        return time.perf_counter() - self._started


def run_worker(worker: Worker) -> Figures:
    """Run a worker on a loop whose timers are exact: epoll's round up to whole milliseconds, select's don't."""
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())) as runner:
        return runner.run(worker.run())
