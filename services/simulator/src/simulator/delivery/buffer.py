"""Readings that wait for ingest-api, in order and bounded."""

import asyncio
from collections import deque
from collections.abc import Iterable

from iot_contracts.readings import Reading
from simulator.delivery.tally import Tally


class Buffer:
    """First in, first out. When it is full the oldest readings make room, and that is counted."""

    def __init__(self, max_readings: int, tally: Tally) -> None:
        self._max_readings = max_readings
        self._tally = tally
        self._readings: deque[Reading] = deque()
        self._filled = asyncio.Event()
        self._emptied = asyncio.Event()
        self._emptied.set()
        self._taken = 0

    def __len__(self) -> int:
        """Readings waiting, those being delivered included."""
        return len(self._readings) + self._taken

    def put(self, readings: Iterable[Reading]) -> None:
        """Append `readings`."""
        self._readings.extend(readings)
        while len(self._readings) > self._max_readings:
            self._readings.popleft()
            self._tally.dropped += 1
        if self._readings:
            self._filled.set()
            self._emptied.clear()

    async def take(self, max_readings: int) -> list[Reading]:
        """Wait for readings and take the oldest, at most `max_readings`; call `settle` once they are delivered."""
        await self._filled.wait()
        count = min(max_readings, len(self._readings))
        taken = [self._readings.popleft() for _ in range(count)]
        if not self._readings:
            self._filled.clear()
        self._taken = count
        return taken

    def settle(self) -> None:
        """What was taken last is delivered."""
        self._taken = 0
        if not self._readings:
            self._emptied.set()

    async def wait_until_empty(self) -> None:
        """Return once everything is delivered."""
        await self._emptied.wait()
