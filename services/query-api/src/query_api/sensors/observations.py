"""The newest reading of each sensor, in memory. Pure; the event loop alone calls it."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from iot_contracts.readings import Reading

MAX_SENSORS = 200_000
OFFLINE_AFTER_INTERVALS = 3
"""A sensor that missed so many readings is offline."""


class Observations:
    """What the tail says of sensors, and which of it the database does not hold yet.

    Of more than MAX_SENSORS sensors the newest ones are left out until the next start.
    """

    def __init__(self) -> None:
        self._newest: dict[str, Reading] = {}
        self._stored: dict[str, datetime] = {}

    def observe(self, readings: Iterable[Reading]) -> None:
        """Take in readings in any order; of one sensor the newest by event time counts."""
        newest = self._newest
        for reading in readings:
            before = newest.get(reading.sensor_id)
            is_newer = len(newest) < MAX_SENSORS if before is None else before.timestamp <= reading.timestamp
            if is_newer:
                newest[reading.sensor_id] = reading

    def newest_of(self, sensor_id: str) -> Reading | None:
        """The newest reading of a sensor that was seen since the start."""
        return self._newest.get(sensor_id)

    def unknown(self) -> list[Reading]:
        """Of sensors that were not stored since the start: to be made at once."""
        if len(self._stored) == len(self._newest):
            return []
        return [reading for sensor_id, reading in self._newest.items() if sensor_id not in self._stored]

    def changed(self) -> list[Reading]:
        """Of sensors whose newest reading is newer than what is stored."""
        return [
            reading for sensor_id, reading in self._newest.items() if self._stored.get(sensor_id) != reading.timestamp
        ]

    def note_stored(self, readings: Sequence[Reading]) -> None:
        """Note what the database holds now."""
        for reading in readings:
            self._stored[reading.sensor_id] = reading.timestamp


def is_online(last_seen: datetime | None, interval_s: float, now: datetime) -> bool:
    """Whether the newest reading is recent, by its event time and the sensor's own interval."""
    return last_seen is not None and now - last_seen <= timedelta(seconds=OFFLINE_AFTER_INTERVALS * interval_s)
