"""The catalogue of sensor types: which unit a type has, which values are normal for it and which are possible.

Configuration, not code: a JSON file of the same shape (`SENSOR_TYPES_FILE`) replaces these defaults.
"""

from typing import Annotated

from msgspec import Meta, Struct

from iot_contracts.readings import BoundedValue, SensorTypeName, Unit


class SensorType(Struct, frozen=True, kw_only=True):
    """One entry of the catalogue."""

    name: SensorTypeName
    unit: Unit
    normal_min: Annotated[BoundedValue, Meta(description="Lowest value that is normal, in `unit`.")]
    normal_max: Annotated[BoundedValue, Meta(description="Highest value that is normal, in `unit`.")]
    physical_min: Annotated[
        BoundedValue | None,
        Meta(description="ingest-api rejects lower values; null: only the general limit applies."),
    ] = None
    physical_max: Annotated[
        BoundedValue | None,
        Meta(description="ingest-api rejects higher values; null: only the general limit applies."),
    ] = None


DEFAULT_SENSOR_TYPES: tuple[SensorType, ...] = (
    SensorType(
        name="temperature",
        unit="Celsius",
        normal_min=-5.0,
        normal_max=45.0,
        physical_min=-273.15,
        physical_max=1000.0,
    ),
    SensorType(
        name="humidity",
        unit="%",
        normal_min=10.0,
        normal_max=100.0,
        physical_min=0.0,
        physical_max=250.0,
    ),
    SensorType(
        name="pressure",
        unit="hPa",
        normal_min=950.0,
        normal_max=1060.0,
        physical_min=0.0,
        physical_max=10_000.0,
    ),
    SensorType(
        name="light",
        unit="lux",
        normal_min=0.0,
        normal_max=1000.0,
        physical_min=0.0,
        physical_max=200_000.0,
    ),
    SensorType(
        name="machine_temperature",
        unit="Fahrenheit",
        normal_min=50.0,
        normal_max=115.0,
        physical_min=-459.67,
    ),
)
"""Physical bounds: absolute zero, no negative humidity, pressure or light, twice the sunlight; and upwards far enough
that a faulty sensor's spike, up to 2.5 times the normal range, still gets in and can be detected. `machine_temperature`
is what a series of unknown origin is replayed as, and has no upper bound but the general one."""
