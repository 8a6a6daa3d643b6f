"""Slow deviations from a quantity's course, correlated between the sensors of one location. Pure.

They are functions of the time alone: whatever the interval, and after a restart, a sensor goes on where it was.
"""

import math
import random
from dataclasses import dataclass

WAVES = 5
SHORTEST_PERIOD_S, LONGEST_PERIOD_S = 1.5 * 3600, 36 * 3600


@dataclass(frozen=True)
class SlowNoise:
    """A sum of waves of random periods and phases: mean 0, standard deviation 1 over a long time."""

    waves: tuple[tuple[float, float], ...]
    """Angular frequency in rad/s, and phase in rad."""

    def at(self, unix_s: float) -> float:
        """The deviation at a time, in standard deviations."""
        return math.sqrt(2 / len(self.waves)) * math.fsum(math.sin(w * unix_s + phase) for w, phase in self.waves)


def slow_noise(key: str) -> SlowNoise:
    """The noise that belongs to `key`: the same each time, independent of every other key's."""
    rng = random.Random(key)  # noqa: S311 - a model, not a secret
    shortest, longest = math.log(SHORTEST_PERIOD_S), math.log(LONGEST_PERIOD_S)
    return SlowNoise(
        tuple(
            (2 * math.pi / math.exp(rng.uniform(shortest, longest)), rng.uniform(0, 2 * math.pi)) for _ in range(WAVES)
        )
    )


def blend(shared: float, own: float, correlation: float) -> float:
    """A sensor's deviation of its location's and its own, each of standard deviation 1, and so is the result.

    Two sensors that share the first are correlated by `correlation` (0 to 1).
    """
    return math.sqrt(correlation) * shared + math.sqrt(1 - correlation) * own
