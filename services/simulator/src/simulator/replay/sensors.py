"""Which sensor a file is played as. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from iot_contracts.readings import MAX_NAME_LENGTH, Reading
from iot_domain.names import is_name
from iot_domain.reading_files.faults import ItemFaultError
from iot_domain.reading_files.records import Measurement, fields_of
from simulator.errors import ConfigurationError
from simulator.reading_ids import replayed_reading_id

_FORBIDDEN = re.compile(r"[^A-Z0-9_.:\-]+")
_DIGEST_BYTES = 6


@dataclass(frozen=True)
class ReplayedSensor:
    """What stands in for what a row doesn't say. Raises ConfigurationError for an id that can't be one."""

    sensor_id: str
    sensor_type: str
    unit: str
    location: str
    units: Mapping[str, str] | None = None
    """Units of rows that name another type than `sensor_type`; None when `unit` is meant for all."""

    def __post_init__(self) -> None:
        if len(self.sensor_id) > MAX_NAME_LENGTH or not is_name(self.sensor_id):
            raise ConfigurationError(
                f"{self.sensor_id!r} can't be a sensor id: at most {MAX_NAME_LENGTH} of A-Z a-z 0-9 _ . : -, "
                "the first a letter or digit"
            )

    def reading(self, row: Measurement) -> Reading:
        """The reading of a row; the same row gives the same reading, its id included.

        Raises ItemFaultError when nothing says its unit.
        """
        said = fields_of(row)
        sensor_id, sensor_type = row.sensor_id or self.sensor_id, row.sensor_type or self.sensor_type
        fields: dict[str, Any] = {
            "reading_id": row.reading_id or replayed_reading_id(sensor_id, row.number, row.timestamp, row.sent),
            "sensor_id": sensor_id,
            "sensor_type": sensor_type,
            "location": self.location,
            "unit": row.unit or self._unit(sensor_type),
        }
        return Reading(**fields | said)

    def _unit(self, sensor_type: str) -> str:
        if self.units is None or sensor_type == self.sensor_type:
            return self.unit
        if sensor_type not in self.units:
            detail = f"The catalogue has no type {sensor_type!r}; name its unit in a column, or with --unit"
            raise ItemFaultError("/unit", "missing_field", detail)
        return self.units[sensor_type]


def sensor_id_of(stem: str) -> str:
    """A sensor id from a file's name without its ending: in upper case.

    What an id may not have is replaced, and a digest of the name then keeps different names different sensors.
    """
    upper = stem.upper() if stem.isascii() else ""
    if len(upper) <= MAX_NAME_LENGTH and is_name(upper):
        return upper
    digest = blake2b(stem.encode(errors="surrogateescape"), digest_size=_DIGEST_BYTES).hexdigest().upper()
    fitting = _FORBIDDEN.sub("_", stem.upper()).strip("_.:-")[: MAX_NAME_LENGTH - 1 - len(digest)]
    return f"{fitting or 'REPLAY'}-{digest}"
