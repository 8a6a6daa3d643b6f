"""In which order readings are delivered: by the time that each delivery is due. Pure, and in memory only."""

import heapq
from collections.abc import Iterable
from datetime import datetime

from iot_contracts.readings import Reading
from simulator.fleet.measurements import Measured

MAX_HELD = 100_000
"""Deliveries that wait for their time, some 50 MiB; beyond that the next ones come early."""


class DeliveryOrder:
    """Holds the readings that come late, and the second copy of those that come twice; bounded."""

    def __init__(self, max_held: int = MAX_HELD) -> None:
        self._max_held = max_held
        self._waiting: list[tuple[float, int, Reading]] = []
        self._count = 0

    def add(self, measured: Iterable[Measured]) -> None:
        """Take over what was measured."""
        for item in measured:
            measured_at_s = item.reading.timestamp.timestamp()
            for delay_s in item.delays_s:
                self._count += 1
                heapq.heappush(self._waiting, (measured_at_s + delay_s, self._count, item.reading))

    def due(self, now: datetime) -> list[Reading]:
        """The readings whose delivery has become due by `now`, in the order of that; each is given once."""
        readings, now_s = [], now.timestamp()
        while self._waiting and (self._waiting[0][0] <= now_s or len(self._waiting) > self._max_held):
            readings.append(heapq.heappop(self._waiting)[2])
        return readings

    def rest(self) -> list[Reading]:
        """All that are still held, in the same order: nothing waits any longer."""
        readings = [item[2] for item in sorted(self._waiting)]
        self._waiting.clear()
        return readings
