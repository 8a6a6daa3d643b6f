"""Arithmetic of Kafka offsets: which messages a snapshot holds and which a micro-batch brings. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

Offsets = Mapping[int, int]
"""Partition → offset of the first message that is *not* included. Also called a committed."""


class OffsetRange(NamedTuple):
    """The messages of a micro-batch: from `start` (included) to `end` (excluded) in each partition."""

    start: Offsets
    end: Offsets

    def message_count(self) -> int:
        """Offsets between start and end over all partitions."""
        return sum(end - self.start.get(partition, end) for partition, end in self.end.items())


def encode_offsets(offsets: Offsets) -> str:
    """The JSON text of a snapshot property: `{"0":12,"1":7}`."""
    return msgspec.json.encode({str(p): offsets[p] for p in sorted(offsets)}).decode()


def decode_offsets(text: str) -> dict[int, int]:
    """The inverse of `encode_offsets`. Raises msgspec.ValidationError for anything else."""
    return {int(p): offset for p, offset in msgspec.json.decode(text, type=dict[str, int]).items()}


def parse_offset_log(text: str, topic: str) -> dict[int, int]:
    """End offsets of a micro-batch from its entry in Spark's offset log.

    The entry (format v1) is three lines: the version, the batch's metadata, and the source's offsets
    as `{"topic":{"0":12}}`. Raises ValueError for another version.
    """
    version, _metadata, source = text.strip().split("\n")
    return _parse_source_offsets(version, source, topic)


def parse_initial_offsets(text: str, topic: str) -> dict[int, int]:
    """Where the first micro-batch starts, from the file in which Spark's Kafka source notes it.

    It is a zero byte, the version and a line break, and the offsets as in the offset log. Raises ValueError for
    another version.
    """
    version, source = text.lstrip("\0").strip().split("\n")
    return _parse_source_offsets(version, source, topic)


def _parse_source_offsets(version: str, source: str, topic: str) -> dict[int, int]:
    if version != "v1":
        raise ValueError(f"offset log version {version!r} is unknown; this job reads v1")
    offsets = msgspec.json.decode(source, type=dict[str, dict[str, int]])[topic]
    return {int(p): offset for p, offset in offsets.items()}


def is_covered(batch: OffsetRange, committed: Offsets) -> bool:
    """Whether every message of the batch lies below the committed offsets, so that all of it is stored already."""
    return all(end <= committed.get(partition, 0) for partition, end in batch.end.items())


def gaps(batch: OffsetRange, committed: Offsets) -> dict[int, tuple[int, int]]:
    """Partitions in which messages between the committed offsets and the batch's start are in neither."""
    return {
        partition: (committed[partition], start)
        for partition, start in batch.start.items()
        if partition in committed and start > committed[partition]
    }


def advance(committed: Offsets, end: Offsets) -> dict[int, int]:
    """The committed offsets once everything below `end` is stored too; they never move back."""
    return {p: max(committed.get(p, 0), end.get(p, 0)) for p in {*committed, *end}}
