"""The tail: readings of `iot-sensors` that no snapshot holds yet, by partition and offset. Pure and immutable."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pyarrow as pa

OFFSET_COLUMN = "kafka_offset"
READING_SCHEMA = pa.schema(
    [
        ("reading_id", pa.string()),
        ("sensor_id", pa.string()),
        ("sensor_type", pa.string()),
        ("location", pa.string()),
        ("value", pa.float64()),
        ("unit", pa.string()),
        ("is_anomaly", pa.bool_()),
        ("battery_level", pa.float64()),
        ("event_timestamp", pa.timestamp("us", "UTC")),
        (OFFSET_COLUMN, pa.int64()),
    ]
)
MAX_MERGED_ROWS = 65_536
UNKNOWN = 2**63 - 1
"""As `held_from`: nothing can be said of what lies between table and topic."""

Offsets = Mapping[int, int]
"""Partition → offset of the first message that is not included."""


@dataclass(frozen=True, slots=True)
class PartitionTail:
    """One partition's share: past the snapshot's border nothing is missing from offset `held_from` on.

    `batches` are ascending in offset, and few: small neighbours are merged as they grow old.
    """

    held_from: int
    batches: tuple[pa.RecordBatch, ...] = ()

    def extended(self, batch: pa.RecordBatch) -> "PartitionTail":
        """With `batch` (later offsets) at the end; each row is copied a logarithmic number of times."""
        batches = [*self.batches, batch]
        while len(batches) > 1 and _worth_merging(batches[-2], batches[-1]):
            batches[-2:] = [pa.concat_batches(batches[-2:])]
        return replace(self, batches=tuple(batches))

    def cut(self, border: int) -> "PartitionTail":
        """Without the rows below offset `border`."""
        kept = tuple(rest for batch in self.batches if (rest := _from_offset(batch, border)).num_rows)
        return replace(self, batches=kept)


@dataclass(frozen=True, slots=True)
class Tail:
    """All partitions' shares."""

    partitions: Mapping[int, PartitionTail] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many readings are held."""
        return sum(batch.num_rows for batch in self.batches())

    def batches(self) -> list[pa.RecordBatch]:
        """All readings, in no particular order."""
        return [batch for share in self.partitions.values() for batch in share.batches]

    def extended(self, partition: int, batch: pa.RecordBatch) -> "Tail":
        """With the readings of one poll of one partition."""
        share = self.partitions[partition].extended(batch)
        return Tail({**self.partitions, partition: share})

    def cut(self, border: Offsets) -> "Tail":
        """Without the readings that a snapshot reaching up to `border` holds."""
        return Tail({number: share.cut(border.get(number, 0)) for number, share in self.partitions.items()})

    def emptied(self, positions: Offsets) -> "Tail":
        """Holding nothing, and everything from `positions` on as it comes."""
        return Tail({number: PartitionTail(held_from=positions[number]) for number in self.partitions})

    def reaches(self, border: Offsets) -> bool:
        """Whether nothing is missing between a snapshot up to `border` and what is held here."""
        return all(share.held_from <= border.get(number, 0) for number, share in self.partitions.items())


def _worth_merging(older: pa.RecordBatch, newer: pa.RecordBatch) -> bool:
    older_rows, newer_rows = int(older.num_rows), int(newer.num_rows)
    return older_rows <= 2 * newer_rows and older_rows + newer_rows <= MAX_MERGED_ROWS


def _from_offset(batch: pa.RecordBatch, border: int) -> pa.RecordBatch:
    """Rows of `batch` at or past offset `border`; a binary search, since offsets ascend."""
    offsets = batch.column(OFFSET_COLUMN)
    low, high = 0, batch.num_rows
    while low < high:
        middle = (low + high) // 2
        if offsets[middle].as_py() < border:
            low = middle + 1
        else:
            high = middle
    return batch.slice(low)
