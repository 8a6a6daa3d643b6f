"""A real Iceberg table on local disk, written by pyiceberg, and readers for it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import Table

from iot_contracts.tables import OFFSETS_PROPERTY
from query_api.table.catalog import Catalog
from query_api.table.columns import TABLE_SCHEMA
from query_api.table.file_cache import FileCache
from query_api.table.hdfs import Hdfs
from query_api.table.merged_files import MergedFiles
from query_api.table.reader import RecentLimits, TableReader

GENEROUS = RecentLimits(max_file_bytes=1 << 20, max_rows=1000, max_files=100, max_merged_bytes=1 << 30, grace_s=0)


class IcebergTable:
    """The table, in the role of metastore too: it knows where its current metadata is."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.catalog = SqlCatalog("t", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}")
        self.catalog.create_namespace("iot")
        self.exists = True
        self.create()

    def create(self) -> None:
        self.catalog.create_table("iot.readings", TABLE_SCHEMA)

    @property
    def table(self) -> Table:
        return self.catalog.load_table("iot.readings")

    def append(self, rows: pa.Table, offsets: str | None = None) -> None:
        self.table.append(rows, snapshot_properties={} if offsets is None else {OFFSETS_PROPERTY: offsets})

    def compact(self) -> None:
        table = self.table
        table.overwrite(table.scan().to_arrow())

    def metadata_location(self, _database: str, _table: str) -> str | None:
        return self.table.metadata_location if self.exists else None


@pytest.fixture
def iceberg(tmp_path: Path) -> Iterator[IcebergTable]:
    table = IcebergTable(tmp_path / "table")
    yield table
    table.catalog.close()


@pytest.fixture
def catalog(iceberg: IcebergTable, files: Hdfs) -> Catalog:
    return Catalog("iot.readings", iceberg, files)  # type: ignore[arg-type]


@pytest.fixture
def new_reader(catalog: Catalog, files: Hdfs, folder: Path) -> Callable[..., TableReader]:
    """A reader as after a start of the process, on the same cache folder each time."""

    def make(limits: RecentLimits = GENEROUS) -> TableReader:
        cache = FileCache(folder / "data-files", max_bytes=1 << 30, fetch=files.copy)
        cache.open()
        return TableReader(catalog, files, cache, MergedFiles(folder / "merged"), limits)

    return make
