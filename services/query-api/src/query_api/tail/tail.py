"""The tail: readings of `iot-sensors` that no snapshot holds yet, by partition and offset. Pure and immutable."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pyarrow as pa

from iot_domain.reading_columns import FIELDS_BY_COLUMN
from query_api.table.columns import TABLE_SCHEMA
from query_api.table.state import Offsets

OFFSET_COLUMN = "kafka_offset"
READING_SCHEMA = pa.schema(
    [*(TABLE_SCHEMA.field(name) for name in FIELDS_BY_COLUMN), pa.field(OFFSET_COLUMN, pa.int64())]
)
"""The columns of the table that a message has, and where it stands in its partition."""
MAX_MERGED_ROWS = 65_536
UNKNOWN = 2**63 - 1
"""As `held_from`: nothing can be said of what lies between table and topic."""


@dataclass(frozen=True, slots=True)
class PartitionTail:
    """One partition's share: past the snapshot's committed offset nothing is missing from offset `held_from` on.

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

    def cut(self, offset: int) -> "PartitionTail":
        """Without the rows below `offset`."""
        kept = tuple(rest for batch in self.batches if (rest := _from_offset(batch, offset)).num_rows)
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

    def cut(self, committed_offsets: Offsets) -> "Tail":
        """Without the readings that a snapshot with these offsets holds."""
        return Tail({number: share.cut(committed_offsets.get(number, 0)) for number, share in self.partitions.items()})

    def emptied(self, positions: Offsets) -> "Tail":
        """Holding nothing, and everything from `positions` on as it comes."""
        return Tail({number: PartitionTail(held_from=positions[number]) for number in self.partitions})

    def reaches(self, committed_offsets: Offsets) -> bool:
        """Whether nothing is missing between a snapshot with these offsets and what is held here."""
        return all(share.held_from <= committed_offsets.get(number, 0) for number, share in self.partitions.items())


def _worth_merging(older: pa.RecordBatch, newer: pa.RecordBatch) -> bool:
    older_rows, newer_rows = int(older.num_rows), int(newer.num_rows)
    return older_rows <= 2 * newer_rows and older_rows + newer_rows <= MAX_MERGED_ROWS


def _from_offset(batch: pa.RecordBatch, offset: int) -> pa.RecordBatch:
    """Rows of `batch` at or past `offset`; a binary search, since offsets ascend."""
    offsets = batch.column(OFFSET_COLUMN)
    low, high = 0, batch.num_rows
    while low < high:
        middle = (low + high) // 2
        if offsets[middle].as_py() < offset:
            low = middle + 1
        else:
            high = middle
    return batch.slice(low)
