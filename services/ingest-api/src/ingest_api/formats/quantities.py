"""What formats that know no sensor type, unit or id of ours are mapped by: units, defaults, derived ids. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID, uuid5

from iot_contracts.sensor_types import SensorType

NO_UNIT = "1"
"""The unit one (UCUM), of counts and ratios and of what comes without a unit."""

_POINTS = UUID("6f0e8a52-9d3c-5c1f-8a54-2f7d1b7c9e10")


class Unit(NamedTuple):
    """A unit as the platform writes it, and how a value gets into it: `value * factor + offset`."""

    name: str
    factor: float = 1.0
    offset: float = 0.0

    @property
    def is_a_name(self) -> bool:
        """Whether only the spelling differs, and every value stays the same."""
        return self.factor == 1.0 and self.offset == 0.0

    def convert(self, value: float) -> float:
        """`value` in this unit."""
        return value if self.is_a_name else value * self.factor + self.offset


# SenML's symbols (RFC 8428 section 12.1, RFC 8798 section 3) that the platform writes otherwise.
SYMBOLS: Mapping[str, Unit] = {
    "Cel": Unit("Celsius"),
    "K": Unit("Celsius", 1.0, -273.15),
    "%RH": Unit("%"),
    "%EL": Unit("%"),
    "/": Unit(NO_UNIT),
    "Pa": Unit("hPa", 0.01),
    "hPa": Unit("hPa"),
    "kPa": Unit("hPa", 10.0),
    "lx": Unit("lux"),
}
TYPES_BY_SYMBOL: Mapping[str, str] = {
    "Cel": "temperature",
    "K": "temperature",
    "%RH": "humidity",
    "Pa": "pressure",
    "hPa": "pressure",
    "kPa": "pressure",
    "lx": "light",
    "%EL": "battery_level",
}


@dataclass(frozen=True)
class Defaults:
    """What stands in for what a format does not say."""

    catalogue: Mapping[str, SensorType]
    location: str

    def unit(self, sensor_type: str, symbol: str | None) -> Unit:
        """The unit of a value: the symbol's, else its type's, else none."""
        entry = self.catalogue.get(sensor_type)
        if not symbol:
            return Unit(entry.unit if entry else NO_UNIT)
        unit = SYMBOLS.get(symbol, Unit(symbol))
        # A kelvin may be a colour's: what is not measured in the unit that a conversion leads to stays as it is.
        return unit if unit.is_a_name or (entry and entry.unit == unit.name) else Unit(symbol)


def derived_id(*parts: str) -> UUID:
    """The id of a reading that comes without one, from all that was sent of it: exact, before anything is cut.

    A client of these formats repeats a request after an error and knows no ids: the same point again is then
    the same reading, as it is the same point in InfluxDB. `parts` begins with the format; what follows must be of
    one structure for each format.
    """
    return uuid5(_POINTS, "\0".join(parts))
