"""Faults that are injected into normal readings, marked as ground truth. Pure."""

from iot_contracts.sensor_types import SensorType

SPIKE_FACTORS = (1.5, 2.5)


def spike(sensor_type: SensorType, factor: float) -> float:
    """A value `factor` (1.5 to 2.5) times the top of the normal range, so always above it.

    Where the top is not positive, as for a freezer, a multiple of it says nothing: there the value lies
    `factor - 1` widths of the range above the top.
    """
    top = sensor_type.normal_max
    if top > 0:
        return round(top * factor, 2)
    return round(top + (factor - 1) * (top - sensor_type.normal_min), 2)
