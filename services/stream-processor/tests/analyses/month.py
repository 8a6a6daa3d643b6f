"""A month of readings with injected faults, the same each time."""

import math
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from pyspark.sql import Row as ResultRow

from stream_processor.analyses.inputs import Range

START = datetime(2026, 3, 1, tzinfo=UTC)
END = START + timedelta(days=30)
RANGE = Range(START, END)
INTERVAL = timedelta(minutes=30)
COLUMNS = (
    "sensor_id string, sensor_type string, location string, unit string, value double, is_anomaly boolean, "
    "battery_level double, event_timestamp timestamp, processing_time timestamp, detected_anomaly boolean, "
    "anomaly_score double, anomaly_reason string"
)
Row = tuple[Any, ...]
Analyse = Callable[..., list[ResultRow]]
TYPES = (("temperature", "Celsius", 20.0, 5.0), ("humidity", "%", 55.0, -10.0))
LOCATIONS = ("Centre", "Nord", "Port")

# The injected faults: sensor → what is wrong with it.
SPIKING, SILENT, STUCK = "temperature-Centre-1", "humidity-Nord-0", "temperature-Port-0"
LATE = "humidity-Port-1"
FAULTY = {SPIKING, SILENT, STUCK}
# Percent a day of the batteries that will be empty soon; all others keep their level.
DRAINING = {"temperature-Nord-0": 2.5, "humidity-Centre-1": 1.0}
REPLACED = "humidity-Port-0"


def month(seed: int = 7) -> list[Row]:
    """Rows in the order of `COLUMNS`: two types, three locations, two sensors each, a reading every 30 minutes."""
    chance = random.Random(seed)
    return [
        row
        for type_, unit, base, swing in TYPES
        for location in LOCATIONS
        for number in range(2)
        for row in _series(chance, f"{type_}-{location}-{number}", type_, location, unit, base, swing)
    ]


def _series(
    chance: random.Random, sensor: str, type_: str, location: str, unit: str, base: float, swing: float
) -> list[Row]:
    rows: list[Row] = []
    # Senders drift: the seconds make every time, and so every order, distinct.
    offset = timedelta(seconds=chance.uniform(0, 60))
    for step in range(int((END - START) / INTERVAL)):
        at = START + INTERVAL * step + offset
        if sensor == SILENT and timedelta(days=10) <= at - START < timedelta(days=18):
            continue
        wave = math.sin((at.hour + at.minute / 60) / 24 * 2 * math.pi)
        value = base + swing * wave + chance.gauss(0, 0.4)
        if sensor == STUCK and at - START >= timedelta(days=20):
            value = base + 1.25
        spikes = sensor == SPIKING and step % 12 in (0, 1)
        value += 60.0 if spikes else 0.0
        found = spikes and step % 24 != 0
        delay = timedelta(minutes=20) if sensor == LATE and step % 10 == 0 else timedelta(seconds=1)
        rows.append(
            (
                *(sensor, type_, location, unit, value, spikes, _battery(chance, sensor, at), at, at + delay),
                *(found, 3.0 + step % 5 if found else 0.0, "out_of_range" if found else None),
            )
        )
    return rows


def _battery(chance: random.Random, sensor: str, at: datetime) -> float:
    days = (at - START) / timedelta(days=1)
    if sensor == REPLACED:
        return (40.0 - 2.0 * days if days < 10 else 100.0 - 2.0 * (days - 10)) + chance.gauss(0, 0.2)
    return min(95.0 - DRAINING.get(sensor, 0.0) * days + chance.gauss(0, 0.2), 100.0)


def utc(moment: datetime | None) -> datetime | None:
    """Spark hands out the machine's local time without a zone."""
    return None if moment is None else moment.astimezone(UTC)
