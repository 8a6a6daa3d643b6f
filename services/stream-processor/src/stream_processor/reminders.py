"""When to say again what has been said before. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta


class Reminders:
    """Remembers for each key when it was last told; a state that lasts is told again after each `interval`.

    It holds the keys of the last interval only, and starts empty: after a crash everything that lasts is told anew.
    """

    def __init__(self, interval: timedelta) -> None:
        self._interval = interval
        self._told: dict[str, datetime] = {}

    def due(self, keys: Iterable[str], now: datetime) -> list[str]:
        """Those of `keys` that have to be told at `now`, in order; they count as told from then on."""
        self._told = {key: told for key, told in self._told.items() if now - told < self._interval}
        due = sorted(key for key in set(keys) if key not in self._told)
        self._told.update(dict.fromkeys(due, now))
        return due
