"""What is held of one snapshot of the table: which snapshot, and its data files as segments. Pure and immutable.

A segment is some data files' content in one place: still in HDFS, in one local file, or in memory.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

import pyarrow as pa

from iot_contracts.tables import FilledFrom
from query_api.table.data_files import Bounds, DataFile, covering

Offsets = Mapping[int, int]
"""Partition → offset of the first message that is not included."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One snapshot of the table."""

    id: int
    parent_id: int | None
    committed_at: datetime
    operation: str
    manifest_list: str
    total_rows: int | None
    offsets: Offsets | None
    """Where the table ends in `iot-sensors`, if this snapshot says so itself."""
    filled_from: FilledFrom | None = None
    """Which topic those offsets are of, if it says so."""
    source_sequence: int | None = None
    """Of a derived table: sequence number of the readings' snapshot that it was made of."""


@dataclass(frozen=True)
class RecentSegment:
    """Small, new data files, read into memory."""

    files: tuple[DataFile, ...]
    table: pa.Table

    @property
    def rows(self) -> int:
        """How many readings."""
        return int(self.table.num_rows)


@dataclass(frozen=True)
class ColdSegment:
    """Data files that are read from local disk.

    `merged` is the local file that several small ones were merged into; without it there is one data file,
    which the cache brings when a query needs it.
    """

    files: tuple[DataFile, ...]
    merged: Path | None = None

    @property
    def rows(self) -> int:
        """How many readings."""
        return sum(file.rows for file in self.files)

    @cached_property
    def sequence(self) -> int:
        """Sequence number of the newest file."""
        return max(file.sequence for file in self.files)

    @cached_property
    def bounds(self) -> Bounds:
        """What the readings lie between."""
        return covering([file.bounds for file in self.files])


Segment = RecentSegment | ColdSegment


@dataclass(frozen=True)
class TableState:
    """One state of the table. Without a table `table_uuid` is empty, without a commit `snapshot` is None.

    `committed_offsets`: per partition the first offset of `iot-sensors` that the snapshot does not hold; None when the
    table has readings but nothing says from where. `filled_from`: the topic that those offsets are of, if known.
    """

    table_uuid: str
    metadata_location: str
    snapshot: Snapshot | None
    committed_offsets: Offsets | None
    cold: tuple[ColdSegment, ...] = ()
    recent: tuple[RecentSegment, ...] = ()
    filled_from: FilledFrom | None = None
    snapshots: int = 0
    """How many snapshots the table keeps, the newest among them."""
    source_sequence: int = 0
    rollups: tuple["Rollup", ...] = ()

    @cached_property
    def files(self) -> Mapping[str, DataFile]:
        """All data files of the snapshot, by path."""
        segments: list[Segment] = [*self.cold, *self.recent]
        return {file.path: file for segment in segments for file in segment.files}

    def relocated(self, metadata_location: str, snapshots: int) -> "TableState":
        """The same content under newer table metadata, in which older snapshots may have expired."""
        return replace(self, metadata_location=metadata_location, snapshots=snapshots)


@dataclass(frozen=True)
class Rollup:
    """A table of partial figures, by buckets of `width_s` seconds.

    It holds all readings up to its committed offsets; data files of the readings with a higher sequence number than its
    source's may hold others.
    """

    width_s: int
    state: TableState


NO_TABLE = TableState(table_uuid="", metadata_location="", snapshot=None, committed_offsets={})


def keep_live(segments: Iterable[Segment], files: Mapping[str, DataFile]) -> tuple[list[Segment], list[DataFile]]:
    """Which segments still stand for `files`, and the files that no kept segment has.

    A segment with a file that the snapshot no longer has (compaction replaced it) is given up as a whole.
    """
    kept = [segment for segment in segments if all(file.path in files for file in segment.files)]
    covered = {file.path for segment in kept for file in segment.files}
    return kept, [file for path, file in files.items() if path not in covered]


def append_recent(recent: tuple[RecentSegment, ...], newer: RecentSegment) -> tuple[RecentSegment, ...]:
    """With `newer` at the end, small neighbours merged, so that thousands of tiny files are few segments."""
    segments = [*recent, newer]
    while len(segments) > 1 and segments[-2].rows <= 2 * segments[-1].rows:
        segments[-2:] = [merge_recent(segments[-2:])]
    return tuple(segments)


def merge_recent(segments: Iterable[RecentSegment]) -> RecentSegment:
    """Several segments as one, in one piece of memory per column."""
    segments = list(segments)
    return RecentSegment(
        files=tuple(file for segment in segments for file in segment.files),
        table=pa.concat_tables([segment.table for segment in segments]).combine_chunks(),
    )
