"""Requests at a fixed rate, each due at its time whether or not earlier answers have come.

A latency counts from the moment a request was due: otherwise a stall hides behind its own silence (coordinated
omission). How late the client itself was with sending is noted apart, in `ClientLag`.
"""

import asyncio
import itertools
import selectors
from collections import Counter, deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bench.client_lag import ClientLag
from bench.http_requests import CONNECT_WITHIN_S, HOST
from simulator.load.connection import Connection, ConnectionFailedError, connect

T = TypeVar("T")
LOST = 0
"""The status of a request whose connection was lost."""
CONNECTIONS_AT_FIRST = 64


@dataclass
class OpenLoopOutcome:
    """What came of a run: latencies from the due time, when each request was due, and which were answered how.

    `due` and `answers` map a request's number to its time and its status; `unsent` could not leave, since every
    connection waited for the service.
    """

    latencies_s: list[float] = field(default_factory=list)
    due: dict[int, float] = field(default_factory=dict)
    answers: dict[int, int] = field(default_factory=dict)
    unsent: int = 0

    @property
    def statuses(self) -> Counter[int]:
        """How many answers of each status."""
        return Counter(self.answers.values())


async def open_loop(
    port: int,
    request: Callable[[int], bytes],
    lag: ClientLag,
    *,
    per_s: float,
    seconds: float,
    max_connections: int,
    outcome: OpenLoopOutcome | None = None,
) -> OpenLoopOutcome:
    """Send `per_s` requests a second for `seconds`, over as many connections as are needed up to the maximum.

    Fills `outcome` as it goes, for those who look before the end or cancel it.
    """
    outcome = outcome or OpenLoopOutcome()
    clock = lag.clock

    def new_connection() -> Coroutine[Any, Any, Connection]:
        return connect(HOST, port, CONNECT_WITHIN_S)

    connections = [await new_connection() for _ in range(min(CONNECTIONS_AT_FIRST, max_connections))]
    idle = deque(connections)
    opened = len(idle)

    async def opened_now() -> Connection:
        connections.append(connection := await new_connection())
        return connection

    async def send(number: int, due: float, connection: Connection | None) -> None:
        connection = connection or await opened_now()
        encoded = request(number)
        lag.sent(due)
        try:
            outcome.answers[number] = (await connection.ask(encoded)).status
        except ConnectionFailedError:
            outcome.answers[number] = LOST
            connection = await opened_now()
        outcome.latencies_s.append(clock.now() - due)
        idle.append(connection)

    started = clock.now()
    try:
        async with asyncio.TaskGroup() as sends:
            for number in itertools.count():
                if number >= per_s * seconds:
                    break
                due = outcome.due[number] = started + number / per_s
                if due > clock.now() or number % 16 == 0:
                    await clock.sleep_until(due)
                if not idle and opened == max_connections:
                    outcome.unsent += 1
                    continue
                connection = idle.popleft() if idle else None
                opened += connection is None
                sends.create_task(send(number, due, connection))
        return outcome
    finally:
        for connection in connections:
            connection.fail("the run is over")


def run_precisely(main: Coroutine[Any, Any, T]) -> T:
    """Run on an event loop whose timers are good to a few microseconds: epoll's, and libuv's, count milliseconds."""
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())) as runner:
        return runner.run(main)
