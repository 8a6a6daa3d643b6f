"""Brings the table's newest snapshot: into memory what is small and new, to local disk the rest. Blocking."""

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from iot_contracts.tables import FilledFrom
from query_api.table.catalog import Catalog, TableMetadata
from query_api.table.columns import READING_COLUMNS, TableColumns
from query_api.table.data_files import DataFile
from query_api.table.file_cache import FileCache
from query_api.table.hdfs import Hdfs
from query_api.table.manifests import plan
from query_api.table.merged_files import MergedFiles
from query_api.table.state import (
    NO_TABLE,
    ColdSegment,
    RecentSegment,
    Segment,
    TableState,
    append_recent,
    keep_live,
    merge_recent,
)

_READERS = 4


@dataclass(frozen=True)
class RecentLimits:
    """Up to where data files are kept in memory; past it they are merged into a file on local disk."""

    max_file_bytes: int
    max_rows: int
    max_files: int
    max_merged_bytes: int
    """How much may be merged on disk; past it small files stay single."""
    grace_s: float
    """How long a replaced merged file stays for queries that already have it."""


class TableReader:
    """Looks at the table and takes what is new. Used by one thread."""

    def __init__(
        self,
        catalog: Catalog,
        hdfs: Hdfs,
        cache: FileCache,
        merged: MergedFiles,
        limits: RecentLimits,
        columns: TableColumns = READING_COLUMNS,
    ) -> None:
        self._catalog = catalog
        self._columns = columns
        self._hdfs = hdfs
        self._cache = cache
        self._merged = merged
        self._limits = limits
        self._replaced: list[tuple[float, ColdSegment]] = []

    def refresh(self, held: TableState | None) -> TableState:
        """The table as it is now; `held` itself when nothing changed, None before the first look.

        Raises TableUnavailableError when the metastore or HDFS does not give what is needed.
        """
        location = self._catalog.metadata_location()
        if location is None:
            return NO_TABLE
        if held is not None and location == held.metadata_location:
            return held
        metadata = self._catalog.metadata(location)
        if held is not None and _same_snapshot(metadata, held):
            return held.relocated(location, len(metadata.snapshots))
        files = plan(self._hdfs, metadata, held or NO_TABLE, self._columns.time)
        cold, recent = self._segments(held, files)
        committed_offsets, filled_from = _committed_offsets(metadata, held)
        return TableState(
            metadata.table_uuid,
            location,
            metadata.current,
            committed_offsets,
            cold,
            recent,
            filled_from,
            len(metadata.snapshots),
            metadata.source_sequence(),
        )

    def _segments(
        self, held: TableState | None, files: Mapping[str, DataFile]
    ) -> tuple[tuple[ColdSegment, ...], tuple[RecentSegment, ...]]:
        before: list[Segment] = [*self._merged.left_behind(files)] if held is None else [*held.cold, *held.recent]
        kept, fresh = keep_live(before, files)
        self._discard([segment for segment in before if segment not in kept and isinstance(segment, ColdSegment)])
        cold = [segment for segment in kept if isinstance(segment, ColdSegment)]
        recent = tuple(segment for segment in kept if isinstance(segment, RecentSegment))
        large = [file for file in fresh if file.size_bytes > self._limits.max_file_bytes]
        small = [file for file in fresh if file.size_bytes <= self._limits.max_file_bytes]
        for group in _groups(small, self._limits):
            recent = append_recent(recent, self._read(group))
            if self._outgrown(recent):
                cold += self._to_disk(recent)
                recent = ()
        self._cache.prefetch(large)
        return (*cold, *(ColdSegment((file,)) for file in large)), recent

    def _read(self, files: Sequence[DataFile]) -> RecentSegment:
        if len(files) == 1:
            tables = [self._read_file(files[0])]
        else:
            with ThreadPoolExecutor(_READERS) as pool:
                tables = list(pool.map(self._read_file, files))
        return RecentSegment(tuple(files), pa.concat_tables(tables).combine_chunks())

    def _read_file(self, file: DataFile) -> pa.Table:
        content = pq.ParquetFile(pa.BufferReader(self._hdfs.read(file.path)))
        schema = self._columns.schema
        table = self._columns.completed(content.read(columns=schema.names, use_threads=False))
        if table.schema.types == schema.types:
            return pa.Table.from_arrays(table.columns, schema=schema)
        return table.cast(schema)

    def _outgrown(self, recent: Sequence[RecentSegment]) -> bool:
        rows = sum(segment.rows for segment in recent)
        files = sum(len(segment.files) for segment in recent)
        return rows > self._limits.max_rows or files > self._limits.max_files

    def _to_disk(self, recent: Sequence[RecentSegment]) -> list[ColdSegment]:
        if self._merged.used_bytes < self._limits.max_merged_bytes:
            return [self._merged.write(merge_recent(recent))]
        return [ColdSegment((file,)) for segment in recent for file in segment.files]

    def _discard(self, segments: Sequence[ColdSegment]) -> None:
        """Delete replaced merged files, but only when no query can still be about to open them."""
        now = time.monotonic()
        self._merged.delete(segment for since, segment in self._replaced if now - since > self._limits.grace_s)
        self._replaced = [item for item in self._replaced if now - item[0] <= self._limits.grace_s]
        self._replaced += [(now, segment) for segment in segments]


def _same_snapshot(metadata: TableMetadata, held: TableState) -> bool:
    held_id = None if held.snapshot is None else held.snapshot.id
    current_id = None if metadata.current is None else metadata.current.id
    return metadata.table_uuid == held.table_uuid and current_id == held_id


def _committed_offsets(
    metadata: TableMetadata, held: TableState | None
) -> tuple[Mapping[int, int] | None, FilledFrom | None]:
    """The snapshot's offsets and their topic; if it has lost them, those held, as long as it is the same table."""
    offsets = metadata.offsets()
    if offsets is None and held is not None and held.table_uuid == metadata.table_uuid:
        return held.committed_offsets, held.filled_from
    return offsets, metadata.filled_from()


def _groups(files: Sequence[DataFile], limits: RecentLimits) -> Iterator[list[DataFile]]:
    """`files` in order, in groups that fit into memory."""
    group: list[DataFile] = []
    rows = 0
    for file in files:
        if group and (rows + file.rows > limits.max_rows or len(group) >= limits.max_files):
            yield group
            group, rows = [], 0
        group.append(file)
        rows += file.rows
    if group:
        yield group
