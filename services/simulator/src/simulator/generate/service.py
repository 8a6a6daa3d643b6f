"""Writes a past period's readings into a file, in the order in which they would have been delivered."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from simulator.delivery.file_writer import FileWriter, writer_of
from simulator.errors import ConfigurationError
from simulator.fleet.delivery_order import DeliveryOrder
from simulator.fleet.measurements import Measurements

SLICE = 2_000
"""Measurements between two steps of the progress."""


@dataclass(frozen=True)
class Period:
    """From `start` until before `end`."""

    start: datetime
    end: datetime

    def measurements(self, rate_per_s: float) -> int:
        """How many measurements fall into it at that rate."""
        # A rounding error must not add one at the end: 3600 s at 0.1 a second are 360, not 361.
        return max(0, math.ceil((self.end - self.start).total_seconds() * rate_per_s - 1e-6))


@dataclass
class Written:
    """What a file holds."""

    readings: int = 0
    anomalies: int = 0


def generate(measurements: Measurements, period: Period, path: Path, on_progress: Callable[[int], None]) -> Written:
    """Write the file; `on_progress` gets the number of measurements of each step.

    The file appears under its name once it is complete. Raises ConfigurationError for an ending that stands for
    no format, or a path that can't be written.
    """
    open_writer = writer_of(path.suffix)
    unfinished = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            writer = open_writer(unfinished)
            try:
                written = _write(measurements, period, writer, on_progress)
            finally:
                writer.close()
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigurationError(f"{path} can't be written: {error}") from error
    return written


def _write(
    measurements: Measurements, period: Period, writer: FileWriter, on_progress: Callable[[int], None]
) -> Written:
    written, order = Written(), DeliveryOrder()
    left = period.measurements(measurements.rate_per_s)
    measurements.begin(period.start)
    while left:
        measured = measurements.next(min(SLICE, left))
        left -= len(measured)
        order.add(measured)
        readings = order.due(measured[-1].reading.timestamp) if left else order.rest()
        writer.write(readings)
        written.readings += len(readings)
        written.anomalies += sum(1 for reading in readings if reading.is_anomaly)
        on_progress(len(measured))
    return written
