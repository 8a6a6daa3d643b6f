"""Readings of `iot-sensors` → columns. Pure."""

from collections.abc import Sequence

import msgspec
import pyarrow as pa

from iot_contracts.readings import Reading
from query_api.lakehouse.tail import READING_SCHEMA


def to_batch(offsets: Sequence[int], readings: Sequence[Reading]) -> pa.RecordBatch:
    """Readings and the offsets they stand at as one record batch of READING_SCHEMA."""
    columns = [
        msgspec.to_builtins([reading.reading_id for reading in readings]),  # str() of a UUID is Python, and slow
        [reading.sensor_id for reading in readings],
        [reading.sensor_type for reading in readings],
        [reading.location for reading in readings],
        [reading.value for reading in readings],
        [reading.unit for reading in readings],
        [reading.is_anomaly for reading in readings],
        [reading.battery_level for reading in readings],
        [reading.timestamp for reading in readings],
        offsets,
    ]
    return pa.record_batch(
        [pa.array(column, field.type) for column, field in zip(columns, READING_SCHEMA, strict=True)],
        schema=READING_SCHEMA,
    )
