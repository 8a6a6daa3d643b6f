"""Which sensor a file is played as. Pure."""

import re
from dataclasses import dataclass

from iot_contracts.readings import MAX_NAME_LENGTH, NAME_PATTERN, Reading
from simulator.errors import ConfigurationError
from simulator.reading_ids import replayed_reading_id
from simulator.replay.records import Row

_FORBIDDEN = re.compile(r"[^A-Z0-9_.:\-]+")


@dataclass(frozen=True)
class ReplayedSensor:
    """What every reading of a replay has in common. Raises ConfigurationError for an id that can't be one."""

    sensor_id: str
    sensor_type: str
    unit: str
    location: str

    def __post_init__(self) -> None:
        if len(self.sensor_id) > MAX_NAME_LENGTH or not re.fullmatch(NAME_PATTERN, self.sensor_id):
            raise ConfigurationError(
                f"{self.sensor_id!r} can't be a sensor id: at most {MAX_NAME_LENGTH} of A-Z a-z 0-9 _ . : -, "
                "the first a letter or digit"
            )

    def reading(self, row: Row) -> Reading:
        """The reading of a row; the same row gives the same reading, its id included."""
        return Reading(
            reading_id=replayed_reading_id(self.sensor_id, row.line, row.timestamp, row.value),
            sensor_id=self.sensor_id,
            sensor_type=self.sensor_type,
            location=self.location,
            value=row.value,
            unit=self.unit,
            timestamp=row.timestamp,
        )


def sensor_id_of(stem: str) -> str:
    """A sensor id from a file's name without its ending: upper case, made to fit what an id may be."""
    fitting = _FORBIDDEN.sub("_", stem.upper()).lstrip("_.:-")
    return fitting[:MAX_NAME_LENGTH] or "REPLAY"
