"""The tables' side of the evidence: snapshots and data files, read through metastore and HDFS."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import hdfs_native
import hdfs_native.fsspec
from hive_metastore.ttypes import NoSuchObjectException  # type: ignore[import-untyped]  # pyiceberg's generated code
from pyiceberg.io import fsspec as iceberg_fsspec
from pyiceberg.table import StaticTable, Table

from audit.metastore import connected
from invariants.evidence import Snapshot, TableFiles
from iot_contracts.tables import OFFSETS_PROPERTY, TOPIC_PROPERTY
from iot_domain.topic_log import decode_filled_from

_IO = {"py-io-impl": "pyiceberg.io.fsspec.FsspecFileIO"}


class Lake:
    """The tables of one stack, read only."""

    def __init__(self, metastore: str, hdfs: str) -> None:
        # pyiceberg knows hdfs:// by pyarrow alone, which needs a Java; hdfs-native needs none.
        iceberg_fsspec.SCHEME_TO_FS["hdfs"] = partial(_file_system, hdfs)
        self._hdfs = hdfs_native.Client(hdfs)
        self._metastore = metastore

    def table(self, name: str) -> Table | None:
        """Return a table as it is now; None before it is made. Raises TException when the metastore does not answer."""
        database, _, table = name.partition(".")
        with connected(self._metastore) as client:
            try:
                found = client.get_table(dbname=database, tbl_name=table)
            except NoSuchObjectException:
                return None
        return StaticTable.from_metadata(found.parameters["metadata_location"], _IO)

    def download(self, location: str, target: Path) -> None:
        """Copy a file to local disk, piece by piece."""
        source = self._hdfs.read(urlsplit(location).path)
        with target.open("wb") as copy:
            for piece in source.read_range_stream(0, len(source)):
                copy.write(piece)


def _file_system(address: str, _properties: dict[str, str]) -> Any:
    place = urlsplit(address)
    return hdfs_native.fsspec.HdfsFileSystem(host=place.hostname, port=place.port)


def history(table: Table | None) -> list[Snapshot]:
    """Return the current snapshot and its ancestors, oldest first."""
    found = []
    for snapshot_id, summary in _ancestors(table):
        rows, offsets = summary.get("total-records"), summary.get(OFFSETS_PROPERTY)
        found.append(
            Snapshot(
                snapshot_id,
                None if offsets is None else {int(number): end for number, end in json.loads(offsets).items()},
                None if rows is None else int(rows),
            )
        )
    return found[::-1]


def _ancestors(table: Table | None) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield id and summary of the current snapshot and those before it, newest first."""
    snapshot = None if table is None else table.current_snapshot()
    while table is not None and snapshot is not None:
        yield snapshot.snapshot_id, snapshot.summary.additional_properties if snapshot.summary else {}
        parent = snapshot.parent_snapshot_id
        snapshot = None if parent is None else table.snapshot_by_id(parent)


def committed_offsets(snapshots: list[Snapshot]) -> dict[int, int]:
    """Return the offsets that the newest snapshot reaches; empty without one."""
    return next((dict(one.offsets) for one in reversed(snapshots) if one.offsets is not None), {})


def log_begins(table: Table | None) -> dict[int, int]:
    """Return from which offsets on the table was filled from the log that is there now; empty: from the first on."""
    for _, summary in _ancestors(table):
        if (filled_from := decode_filled_from(summary.get(TOPIC_PROPERTY))) is not None:
            return filled_from.begins
    return {}


def data_files(table: Table | None) -> Iterator[tuple[str, str]]:
    """Yield location and partition of each data file of the current snapshot.

    Raises ValueError for a file of which single rows are deleted: none of ours is written so.
    """
    if table is None or table.current_snapshot() is None:
        return
    for task in table.scan().plan_files():
        if task.delete_files:
            raise ValueError(f"{task.file.file_path} has deleted rows, which an audit cannot read")
        yield task.file.file_path, str(task.file.partition)


def files_of(table: Table, partitions: list[str]) -> TableFiles:
    """Return how much a table's metadata names; `partitions` has one entry a data file."""
    days = Counter(partitions)
    return TableFiles(len(table.metadata.snapshots), len(partitions), max(days.values(), default=0))
