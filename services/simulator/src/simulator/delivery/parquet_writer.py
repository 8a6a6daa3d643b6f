"""Writes readings as Parquet."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow.parquet import ParquetWriter as ArrowWriter

from iot_contracts.readings import Reading

ROW_GROUP = 100_000
SCHEMA = pa.schema(
    [
        pa.field("reading_id", pa.string(), nullable=False),
        pa.field("sensor_id", pa.string(), nullable=False),
        pa.field("sensor_type", pa.string(), nullable=False),
        pa.field("location", pa.string(), nullable=False),
        pa.field("value", pa.float64(), nullable=False),
        pa.field("unit", pa.string(), nullable=False),
        pa.field("timestamp", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("is_anomaly", pa.bool_()),
        pa.field("battery_level", pa.float64()),
    ]
)


class ParquetWriter:
    """Row groups of 100,000 readings, zstd; the file can be read once it is closed."""

    def __init__(self, path: Path) -> None:
        self._writer = ArrowWriter(path, SCHEMA, compression="zstd")
        self._readings: list[Reading] = []

    def write(self, readings: Sequence[Reading]) -> None:
        """Append `readings`, a row each."""
        self._readings.extend(readings)
        while len(self._readings) >= ROW_GROUP:
            self._write_group(self._readings[:ROW_GROUP])
            del self._readings[:ROW_GROUP]

    def close(self) -> None:
        """Write the last row group and the footer."""
        if self._readings:
            self._write_group(self._readings)
            self._readings = []
        self._writer.close()

    def _write_group(self, readings: Sequence[Reading]) -> None:
        columns = {name: [getattr(reading, name) for reading in readings] for name in SCHEMA.names}
        columns["reading_id"] = [str(reading_id) for reading_id in columns["reading_id"]]
        self._writer.write_table(pa.table(columns, schema=SCHEMA))
