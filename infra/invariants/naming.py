"""How violations name a reading."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID


def identity(sensor_id: str | None, reading_id: bytes | None) -> str:
    """Return a reading's identity in words; a message that is no reading has none."""
    return f"{sensor_id} {UUID(bytes=bytes(reading_id))}" if reading_id else "no reading"


def with_positions(rows: Iterable[tuple[Any, ...]]) -> tuple[str, ...]:
    """Name rows of sensor_id, reading_id, kafka_partition, kafka_offset."""
    return tuple(
        f"{identity(sensor, reading)} (partition {partition}, offset {offset})"
        for sensor, reading, partition, offset in rows
    )
