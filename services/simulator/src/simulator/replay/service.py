"""Plays readings: batch after batch, each delivered before the next."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from iot_contracts.problems import IngestResult
from iot_contracts.readings import Reading
from simulator.delivery.http_sender import HttpSender

SMOOTH_REQUESTS_PER_S = 10
"""A replay with a rate or a speed sends what is due within a tenth of a second together, not more."""
_TOGETHER_S = 1 / SMOOTH_REQUESTS_PER_S - 1e-9  # 0.3 - 0.2 is less than 0.1 in binary


@dataclass(frozen=True)
class Tempo:
    """How fast to play: at a rate, at a speed, or with neither as fast as ingest-api takes it."""

    batch: int
    patience_s: float
    rate_per_s: float | None = None
    speed: float | None = None
    """Event time that passes in a second; 1 is real time."""

    def due_s(self, number: int, event_s: float) -> float:
        """When the reading with this number (from 0) is due, in seconds from the start.

        `event_s` is its event time, counted from the first reading's.
        """
        if self.rate_per_s is not None:
            return number / self.rate_per_s
        return 0.0 if self.speed is None else max(0.0, event_s / self.speed)


async def replay(
    readings: Iterable[Reading],
    sender: HttpSender,
    tempo: Tempo,
    on_delivered: Callable[[int, IngestResult], None],
) -> None:
    """Deliver every reading in order; `on_delivered` gets the number of readings and the verdicts of each request.

    Raises DeliveryAbandonedError when ingest-api takes nothing for longer than the patience.
    """
    started = time.monotonic()
    for due_s, batch in batches(readings, tempo):
        await asyncio.sleep(max(0.0, started + due_s - time.monotonic()))
        result = await sender.deliver(batch, tempo.patience_s)
        on_delivered(len(batch), result)


def batches(readings: Iterable[Reading], tempo: Tempo) -> Iterator[tuple[float, list[Reading]]]:
    """Each request's readings, and when it is due in seconds from the start: with its first reading."""
    first_at: float | None = None
    batch: list[Reading] = []
    batch_due_s = 0.0
    for number, reading in enumerate(readings):
        at = reading.timestamp.timestamp()
        first_at = at if first_at is None else first_at
        due_s = tempo.due_s(number, at - first_at)
        if batch and (len(batch) == tempo.batch or due_s - batch_due_s >= _TOGETHER_S):
            yield batch_due_s, batch
            batch = []
        if not batch:
            batch_due_s = due_s
        batch.append(reading)
    if batch:
        yield batch_due_s, batch
