"""A place in `iot-sensors`, as ingest-api gives it to clients and query-api takes it back. Pure."""

from collections.abc import Mapping
from typing import Final

Position = Mapping[int, int]
"""Partition → offset of the first message after."""
PATTERN: Final = r"\d{1,9}:\d{1,18}(,\d{1,9}:\d{1,18})*"
"""As text: partitions with their offsets, `0:1204,2:1187`."""


def encode_position(position: Position) -> str:
    """The position as text; empty for none."""
    return ",".join(f"{partition}:{position[partition]}" for partition in sorted(position))


def decode_position(text: str) -> dict[int, int]:
    """The inverse of `encode_position`. Raises ValueError for what does not match PATTERN."""
    pairs = (pair.split(":") for pair in text.split(","))
    return {int(partition): int(offset) for partition, offset in pairs}
