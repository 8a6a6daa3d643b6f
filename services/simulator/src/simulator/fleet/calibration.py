"""Calibration: how far a sensor has drifted since it was last adjusted. Pure."""

from datetime import datetime

RECALIBRATED_EVERY_DAYS = 30.0


def calibration_error(phase: float, per_day: float, at: datetime) -> float:
    """The error at a time, in the unit of `per_day` times a day: it grows evenly and is 0 after each calibration.

    `phase` (0 to 1) says how much of the interval between two calibrations had passed at the epoch.
    """
    intervals = at.timestamp() / (RECALIBRATED_EVERY_DAYS * 86_400) + phase
    return per_day * RECALIBRATED_EVERY_DAYS * (intervals % 1.0)
