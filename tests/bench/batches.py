"""Batches of readings as bytes, encoded before the clock runs, and ids that say where each one belongs."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from bench.http_requests import request_bytes
from iot_contracts.readings import Reading

READINGS_PER_BATCH = 1_000
SENSORS = 200
PATH = "/v1/readings"
_BATCH_MARK = b"feedc0de"
_VALUES = {"temperature": 21.5, "humidity": 55.0, "pressure": 1013.2, "light": 420.0}
_UNITS = {"temperature": "Celsius", "humidity": "%", "pressure": "hPa", "light": "lux"}


def reading_id(batch: bytes, index: int) -> str:
    """The id of one reading: eight hexadecimal digits of its batch, and its place in it."""
    return f"{batch.decode()}-0000-7000-8000-{index:012x}"


def readings(count: int, batch: bytes = _BATCH_MARK) -> list[Reading]:
    """Valid readings of 200 sensors and four types, each with its id."""
    now = datetime.now(UTC).replace(microsecond=123_000)
    types = list(_VALUES)
    return [
        msgspec.convert(
            {
                "reading_id": reading_id(batch, index),
                "sensor_id": f"SENSOR_{index % SENSORS:03}",
                "sensor_type": (kind := types[index % len(types)]),
                "location": "Tangier-Centre",
                "value": round(_VALUES[kind] + index % 97 / 10, 1),
                "unit": _UNITS[kind],
                "timestamp": now,
                "battery_level": 90.0,
            },
            Reading,
        )
        for index in range(count)
    ]


class BatchRequests:
    """Requests of one batch each; `numbered(n)` differs from every other number's in all its ids."""

    def __init__(self, readings_per_batch: int = READINGS_PER_BATCH, path: str = PATH) -> None:
        self.readings_per_batch = readings_per_batch
        self._template = request_bytes(path, msgspec.json.encode(readings(readings_per_batch)))

    def numbered(self, number: int) -> bytes:
        """Request number `number`; costs a tenth of a millisecond for 1,000 readings."""
        return self._template.replace(_BATCH_MARK, b"%08x" % number)


def messages(batches: Sequence[bytes]) -> list[bytes]:
    """The same readings as Kafka messages, byte for byte as ingest-api writes them."""
    return [msgspec.json.encode(reading) for batch in batches for reading in readings(READINGS_PER_BATCH, batch)]
