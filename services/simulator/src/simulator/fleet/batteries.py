"""Battery levels. Pure."""

from datetime import datetime

DEFAULT_LIFE_DAYS = 7.0
"""From a fresh battery to its replacement; short, so that a demonstration sees low batteries."""
REPLACED_AT_PERCENT = 20.0


def battery_level(phase: float, at: datetime, life_days: float = DEFAULT_LIFE_DAYS) -> float:
    """Percent at a time: even discharge from 100 to the level at which the battery is replaced, and again.

    A function of the time alone, so a restart of the simulator doesn't charge anything. `phase` (0 to 1)
    says how much of its life a battery has behind it at the epoch.
    """
    lives = at.timestamp() / (life_days * 86_400) + phase
    return round(100.0 - (lives % 1.0) * (100.0 - REPLACED_AT_PERCENT), 2)
