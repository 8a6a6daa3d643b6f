"""Which messages of a partition are one reading: identity is sensor and reading_id together. Pure."""

import functools
import hashlib
from uuid import UUID

MAX_REMEMBERED_SENSORS = 65_536


def identity(partition: int, sensor_id: str, reading_id: UUID) -> int:
    """128 bits that a message has in common with its repetitions, and with no other message of `iot-sensors`.

    The reading_id, masked with a hash of the sensor and the partition. Of one sensor, ids that differ give identities
    that differ. Of two sensors, two readings collide with a probability of at most 2**-122 (a UUID's version and
    variant are 6 bits that don't tell ids apart): among a billion readings the odds of any collision are 1e-19.
    Order exists within a partition only, so a repetition is looked for in the message's own.
    """
    return _mask(partition, sensor_id) ^ reading_id.int


@functools.lru_cache(MAX_REMEMBERED_SENSORS)
def _mask(partition: int, sensor_id: str) -> int:
    """The first 128 bits of SHA-256 of `partition sensor_id`; the stream processor computes the same in Spark."""
    return int.from_bytes(hashlib.sha256(f"{partition} {sensor_id}".encode()).digest()[:16])
