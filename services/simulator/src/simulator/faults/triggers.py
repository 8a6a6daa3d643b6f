"""When a fault strikes a sensor: by chance at single readings, in episodes, or now because somebody wants it. Pure.

All times are event times in seconds since 1970, and never run backwards.
"""

import random
from dataclasses import dataclass
from typing import Protocol

SECONDS_A_DAY = 86_400


@dataclass
class Episode:
    """One occurrence of a fault at one sensor."""

    start_s: float
    end_s: float
    strength: float
    """0 to 1: where in the fault's span this occurrence lies."""
    sign: float
    """1 or -1: the direction that it takes, where there is one."""
    held_value: float | None = None
    """What a stuck sensor goes on saying; known from the first reading of the episode on."""


class Trigger(Protocol):
    """Decides at every reading of a sensor."""

    def at(self, unix_s: float) -> Episode | None:
        """The occurrence that a reading of that time belongs to, if there is one."""


class Chance:
    """Each reading is struck with the same probability."""

    def __init__(self, rng: random.Random, rate: float) -> None:
        self._rng = rng
        self._rate = rate

    def at(self, unix_s: float) -> Episode | None:
        """An occurrence of one reading, or none."""
        return _drawn(self._rng, unix_s, unix_s) if self._rng.random() < self._rate else None


class Episodes:
    """Episodes that begin at random: the time from one's end to the next's start is exponentially distributed."""

    def __init__(self, rng: random.Random, per_day: float, duration_s: tuple[float, float]) -> None:
        self._rng = rng
        self._per_second = per_day / SECONDS_A_DAY
        self._duration_s = duration_s
        self._next: Episode | None = None

    def at(self, unix_s: float) -> Episode | None:
        """The episode that goes on at that time; episodes that no reading fell into are passed over."""
        if not self._per_second:
            return None
        upcoming = self._next or self._following(unix_s)
        while upcoming.end_s <= unix_s:
            upcoming = self._following(upcoming.end_s)
        self._next = upcoming
        return upcoming if upcoming.start_s <= unix_s else None

    def _following(self, after_s: float) -> Episode:
        start_s = after_s + self._rng.expovariate(self._per_second)
        # A whole second at least, so that episodes without a length can't follow each other without end.
        return _drawn(self._rng, start_s, start_s + max(1.0, self._rng.uniform(*self._duration_s)))


class Injection:
    """Strikes from the next reading on: that one only, or all within a time."""

    def __init__(self, rng: random.Random, from_s: float, duration_s: float | None) -> None:
        self._one_reading = duration_s is None
        self._episode = _drawn(rng, from_s, from_s + (duration_s or 0.0))
        self._struck = False

    def at(self, unix_s: float) -> Episode | None:
        """The occurrence, as long as it goes on."""
        if unix_s < self._episode.start_s or self.over(unix_s):
            return None
        self._struck = True
        return self._episode

    def over(self, unix_s: float) -> bool:
        """Whether it will never strike again."""
        return self._struck if self._one_reading else unix_s >= self._episode.end_s


def _drawn(rng: random.Random, start_s: float, end_s: float) -> Episode:
    return Episode(start_s, end_s, strength=rng.random(), sign=rng.choice((-1.0, 1.0)))
