"""Many small data files merged into one local Parquet file, so that a query does not open thousands.

The file names the data files it stands for in its own metadata: after a restart it is used again.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from query_api.table.columns import READING_COLUMNS, TableColumns
from query_api.table.data_files import DataFile
from query_api.table.state import ColdSegment, RecentSegment

_SOURCES = b"source-data-files"
SUFFIX = ".parquet"


class MergedFiles:
    """The folder of merged files. Used by one thread; queries only read the files."""

    def __init__(self, folder: Path, columns: TableColumns = READING_COLUMNS) -> None:
        self._folder = folder
        self._columns = frozenset(columns.schema.names)

    @property
    def used_bytes(self) -> int:
        """Size of all merged files."""
        return sum(path.stat().st_size for path in self._folder.glob(f"*{SUFFIX}"))

    def write(self, segment: RecentSegment) -> ColdSegment:
        """Write a segment to disk; complete under its name or not there at all."""
        self._folder.mkdir(parents=True, exist_ok=True)
        sources = json.dumps([file.path for file in segment.files]).encode()
        path = self._folder / (hashlib.sha256(sources).hexdigest()[:32] + SUFFIX)
        temporary = path.with_suffix(".tmp")
        table = segment.table.replace_schema_metadata({_SOURCES: sources})
        pq.write_table(table, temporary, compression="zstd")
        temporary.rename(path)
        return ColdSegment(segment.files, merged=path)

    def left_behind(self, files: Mapping[str, DataFile]) -> list[ColdSegment]:
        """Merged files of an earlier run that stand for some of `files` only; the others are deleted."""
        segments = []
        for path in self._folder.glob("*"):
            sources = self._sources(path)
            if sources and all(source in files for source in sources):
                segments.append(ColdSegment(tuple(files[source] for source in sources), merged=path))
            else:
                path.unlink()
        return segments

    def delete(self, segments: Iterable[ColdSegment]) -> None:
        """Delete the files of segments that no view holds any more (readers that have one open keep it)."""
        for segment in segments:
            if segment.merged is not None:
                with suppress(FileNotFoundError):
                    segment.merged.unlink()

    def _sources(self, path: Path) -> list[str]:
        """The data files that a merged one stands for; none when it lacks a column that is read now."""
        try:
            schema = pq.read_schema(path)
        except (pa.ArrowInvalid, OSError):
            return []
        if not self._columns.issubset(schema.names):
            return []
        sources: list[str] = json.loads((schema.metadata or {}).get(_SOURCES, b"[]"))
        return sources
