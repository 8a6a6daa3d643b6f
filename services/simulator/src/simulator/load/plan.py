"""What a load is to be. Pure."""

from dataclasses import dataclass
from math import floor

DEFAULT_CONNECTIONS = 64
DEFAULT_CONNECTIONS_AT_MAX = 8


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`rate_per_s` counts readings, of all workers together; None is as fast as the answers come (closed loop)."""

    url: str
    rate_per_s: float | None
    sensors: int
    batch: int
    duration_s: float
    warm_up_s: float
    connections: int
    workers: int
    timeout_s: float
    seed: int

    @property
    def span_s(self) -> float:
        """How long requests are due, warm-up included."""
        return self.warm_up_s + self.duration_s

    def due_s(self, worker: int, number: int) -> float:
        """When a worker's request with this number (from 0) is due, in seconds from the start; workers take turns.

        Only with a rate.
        """
        if self.rate_per_s is None:
            raise ValueError("without a rate nothing is due at a time")
        return (number * self.workers + worker) * self.batch / self.rate_per_s

    @property
    def templates(self) -> int:
        """How many different requests each worker has: all sensors occur, and memory stays within bounds."""
        wanted = max(8, -(-self.sensors // self.batch))
        return max(1, min(wanted, floor(100_000 / self.batch)))
