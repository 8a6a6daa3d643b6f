"""Writes readings as an Avro object container file."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from fastavro import parse_schema
from fastavro.write import Writer

from iot_contracts.readings import Reading

SCHEMA = parse_schema(
    {
        "type": "record",
        "name": "Reading",
        "namespace": "iot",
        "fields": [
            {"name": "reading_id", "type": {"type": "string", "logicalType": "uuid"}},
            {"name": "sensor_id", "type": "string"},
            {"name": "sensor_type", "type": "string"},
            {"name": "location", "type": "string"},
            {"name": "value", "type": "double"},
            {"name": "unit", "type": "string"},
            {"name": "timestamp", "type": {"type": "long", "logicalType": "timestamp-micros"}},
            {"name": "is_anomaly", "type": ["null", "boolean"], "default": None},
            {"name": "battery_level", "type": ["null", "double"], "default": None},
        ],
    }
)


class AvroWriter:
    """Blocks of some 16 kB, deflated; the file can be read after each block, and holds all once it is closed."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._writer = Writer(self._file, SCHEMA, codec="deflate")

    def write(self, readings: Sequence[Reading]) -> None:
        """Append a record for each."""
        for reading in readings:
            self._writer.write(msgspec.structs.asdict(reading))

    def close(self) -> None:
        """Write the last block."""
        try:
            self._writer.flush()
        finally:
            self._file.close()
