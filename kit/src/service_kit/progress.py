"""Detects a standstill: messages wait and the consumer does not move. Pure; the clock is passed in."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

LEAST_LIMIT_S = 60.0
TRIGGERS = 3
K = TypeVar("K", bound=Hashable)


def standstill_limit_s(trigger_interval_s: float = 0.0) -> float:
    """How long a consumer may stand still, in seconds: a minute, or three of its triggers when that is longer."""
    return max(LEAST_LIMIT_S, TRIGGERS * trigger_interval_s)


@dataclass(frozen=True)
class _Standing:
    position: int
    since: float


class Progress:
    """Watches one consumer by its positions and the ends of its partitions.

    A partition stands still from the first observation that found messages waiting and the position unchanged since the
    observation before. Any move, also backwards (it starts over), or having nothing to read restarts the time.
    """

    def __init__(self, limit_s: float = LEAST_LIMIT_S) -> None:
        self._limit_s = limit_s
        self._standing: dict[Hashable, _Standing] = {}

    def observe(self, positions: Mapping[K, int], ends: Mapping[K, int], now: float) -> str | None:
        """Say why the consumer counts as standing still, or None.

        `positions` and `ends`: partition → next offset to consume, and the offset after the last message. `now` is
        of a monotonic clock, in seconds. A partition without a position counts as at offset 0.
        """
        waiting = {key: end - positions.get(key, 0) for key, end in ends.items() if end > positions.get(key, 0)}
        self._standing = {key: self._seen(key, positions.get(key, 0), now) for key in waiting}
        stuck = [key for key in waiting if now - self._standing[key].since >= self._limit_s]
        if not stuck:
            return None
        messages = sum(waiting[key] for key in stuck)
        longest_s = max(now - self._standing[key].since for key in stuck)
        places = ", ".join(sorted(_name(key) for key in stuck))
        return f"{messages} messages wait and no offset has moved for {longest_s:.0f} s (partition {places})"

    def _seen(self, key: Hashable, position: int, now: float) -> _Standing:
        before = self._standing.get(key)
        return before if before is not None and before.position == position else _Standing(position, now)


def _name(partition: Hashable) -> str:
    """A number, or topic and number as Kafka's clients have them."""
    return " ".join(map(str, partition)) if isinstance(partition, tuple) else str(partition)
