"""Plays rows as one sensor's readings: batch after batch, each delivered before the next."""

import asyncio
import itertools
import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from iot_contracts.problems import IngestResult
from simulator.delivery.http_sender import HttpSender
from simulator.replay.csv_reader import Row
from simulator.replay.sensors import ReplayedSensor

SMOOTH_REQUESTS_PER_S = 10
"""A replay with a rate sends its readings in at least this many requests a second."""


@dataclass(frozen=True)
class Tempo:
    """How fast to play. `rate_per_s` None is as fast as ingest-api takes it."""

    batch: int
    rate_per_s: float | None
    patience_s: float

    @property
    def readings_per_request(self) -> int:
        """The batch, or less where a low rate would otherwise come in bursts."""
        if self.rate_per_s is None:
            return self.batch
        return max(1, min(self.batch, math.ceil(self.rate_per_s / SMOOTH_REQUESTS_PER_S)))


async def replay(
    rows: Iterable[Row],
    sensor: ReplayedSensor,
    sender: HttpSender,
    tempo: Tempo,
    on_delivered: Callable[[int, IngestResult], None],
) -> None:
    """Deliver every row in order; `on_delivered` gets the number of readings and the verdicts of each request.

    Raises DeliveryAbandonedError when ingest-api takes nothing for longer than the patience.
    """
    started = time.monotonic()
    sent = 0
    for batch in _batches(iter(rows), tempo.readings_per_request):
        if tempo.rate_per_s is not None:
            await asyncio.sleep(started + sent / tempo.rate_per_s - time.monotonic())
        result = await sender.deliver([sensor.reading(row) for row in batch], tempo.patience_s)
        sent += len(batch)
        on_delivered(len(batch), result)


def _batches(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    while batch := list(itertools.islice(rows, size)):
        yield batch
