"""Requests at a fixed rate, each due at its time whether or not earlier answers have come.

A latency counts from the moment a request was due: otherwise a stall hides behind its own silence (coordinated
omission).
"""

import asyncio
import selectors
import time
from collections import Counter, deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bench.http_client import KeepAliveConnection

T = TypeVar("T")
LOST = 0
"""The status of a request whose connection was lost."""


@dataclass
class OpenLoopOutcome:
    """What came of a run: latencies from the due time, how late requests left, and which were answered how.

    `answers` maps a request's number to its status; `unsent` could not leave, since every connection was busy.
    """

    latencies_s: list[float] = field(default_factory=list)
    lateness_s: list[float] = field(default_factory=list)
    answers: dict[int, int] = field(default_factory=dict)
    unsent: int = 0

    @property
    def statuses(self) -> Counter[int]:
        """How many answers of each status."""
        return Counter(self.answers.values())


async def open_loop(
    port: int, request: Callable[[int], bytes], *, per_s: float, seconds: float, max_connections: int
) -> OpenLoopOutcome:
    """Send `per_s` requests a second for `seconds`, over as many connections as are needed up to the maximum."""
    idle = deque([await KeepAliveConnection.open(port) for _ in range(min(64, max_connections))])
    opened = len(idle)
    outcome = OpenLoopOutcome()

    async def send(number: int, due: float, connection: KeepAliveConnection | None) -> None:
        connection = connection or await KeepAliveConnection.open(port)
        outcome.lateness_s.append(time.perf_counter() - due)
        try:
            outcome.answers[number] = await connection.post(request(number))
        except ConnectionError:
            outcome.answers[number] = LOST
            connection = await KeepAliveConnection.open(port)
        outcome.latencies_s.append(time.perf_counter() - due)
        idle.append(connection)

    started = time.perf_counter()
    async with asyncio.TaskGroup() as sends:
        for number in range(round(per_s * seconds)):
            due = started + number / per_s
            if (wait_s := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait_s)
            elif number % 16 == 0:
                await asyncio.sleep(0)
            if not idle and opened == max_connections:
                outcome.unsent += 1
                continue
            connection = idle.popleft() if idle else None
            opened += connection is None
            sends.create_task(send(number, due, connection))
    for connection in idle:
        connection.close()
    return outcome


def run_precisely(main: Coroutine[Any, Any, T]) -> T:
    """Run on an event loop whose timers are good to a few microseconds: epoll's, and libuv's, count milliseconds."""
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())) as runner:
        return runner.run(main)
