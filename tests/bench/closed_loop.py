"""As many requests as a server takes: so many connections, each sending its next request after its last answer."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from bench.client_lag import ClientLag
from bench.http_requests import CONNECT_WITHIN_S, HOST
from simulator.load.connection import Connection, connect


@dataclass(frozen=True)
class Outcome:
    """How many answers of each status came, in how many seconds."""

    statuses: Counter[int]
    seconds: float

    def per_s(self, status: int = 202) -> float:
        """Answers of one status a second."""
        return self.statuses[status] / self.seconds


async def closed_loop(
    port: int, request: Callable[[int], bytes], lag: ClientLag, *, connections: int, requests: int
) -> Outcome:
    """Send requests 0 to `requests` - 1 over `connections` connections, and wait for every answer."""
    opened = [await connect(HOST, port, CONNECT_WITHIN_S) for _ in range(connections)]
    numbers = iter(range(requests))
    statuses: Counter[int] = Counter()

    async def work(connection: Connection) -> None:
        for number in numbers:
            statuses[(await connection.ask(request(number))).status] += 1

    started = lag.clock.now()
    try:
        async with lag.watched(), asyncio.TaskGroup() as group:
            for connection in opened:
                group.create_task(work(connection))
        return Outcome(statuses, lag.clock.now() - started)
    finally:
        for connection in opened:
            connection.fail("the run is over")
