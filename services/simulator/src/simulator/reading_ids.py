"""Identities of readings: UUIDs of version 7 (RFC 9562, section 5.7)."""

from datetime import datetime
from hashlib import sha256
from uuid import UUID

RANDOM_BITS = 74


def uuid7(unix_ms: int, random_bits: int) -> UUID:
    """The UUIDv7 of a time (milliseconds since 1970; an earlier time counts as 0) and 74 random bits."""
    time = max(0, unix_ms) & (1 << 48) - 1
    high, low = random_bits >> 62 & 0xFFF, random_bits & (1 << 62) - 1
    return UUID(int=time << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)


def replayed_reading_id(sensor_id: str, line: int, timestamp: datetime, sent: str) -> UUID:
    """The id of one line of a file, played as `sensor_id`: the same each time.

    Its time is the reading's own and its other bits come from SHA-256, so a replay that is broken off
    and repeated sends the same readings again, and consumers keep one of each. `sent` is what the line says, time and
    value: two times that are one microsecond once they are cut stay two readings.
    """
    digest = sha256(f"{sensor_id}\n{line}\n{sent}".encode()).digest()
    return uuid7(_unix_ms(timestamp), int.from_bytes(digest) >> 256 - RANDOM_BITS)


def _unix_ms(timestamp: datetime) -> int:
    return int(timestamp.timestamp() * 1000)
