"""Snapshot → data files. Happens when a snapshot is taken over, never in a request."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from pyiceberg.io import FileIO
from pyiceberg.manifest import ManifestContent, ManifestEntry, ManifestFile, read_manifest_list

from query_api.errors import TableUnavailableError
from query_api.table.catalog import TableMetadata
from query_api.table.data_files import Bounds, DataFile
from query_api.table.state import Snapshot, TableState

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def plan(io: FileIO, metadata: TableMetadata, held: TableState, time_column: str) -> dict[str, DataFile]:
    """Data files of `metadata`'s current snapshot, by path.

    When only appends lie between the held snapshot and this one, just the manifests that these added are
    read. The result is checked against the snapshot's own row count; if it differs, all is read again.
    Raises TableUnavailableError when HDFS does not answer, or for deletions by row, which are not read here.
    """
    snapshot = metadata.current
    if snapshot is None:
        return {}
    manifests = list(read_manifest_list(io.new_input(snapshot.manifest_list)))
    if any(manifest.content != ManifestContent.DATA for manifest in manifests):
        raise TableUnavailableError(
            f"snapshot {snapshot.id} deletes single rows, which is not supported; "
            "write the table with copy-on-write, or compact it"
        )
    appended = appended_since(metadata, held)
    if appended is not None:
        files = {
            **held.files,
            **_files(io, metadata, [m for m in manifests if m.added_snapshot_id in appended], appended, time_column),
        }
        if is_whole(files, snapshot):
            return files
    return _files(io, metadata, manifests, None, time_column)


def appended_since(metadata: TableMetadata, held: TableState) -> set[int] | None:
    """Ids of the snapshots after the held one, if all are appends to it; otherwise None."""
    if held.snapshot is None:
        return None
    appended: set[int] = set()
    snapshot = metadata.current
    while snapshot is not None and snapshot.id != held.snapshot.id:
        if snapshot.operation != "append":
            return None
        appended.add(snapshot.id)
        snapshot = metadata.snapshots.get(snapshot.parent_id or 0)
    return appended if snapshot is not None else None


def is_whole(files: Mapping[str, DataFile], snapshot: Snapshot) -> bool:
    """Whether these files hold as many readings as the snapshot says it has."""
    return snapshot.total_rows is None or sum(file.rows for file in files.values()) == snapshot.total_rows


def _files(
    io: FileIO,
    metadata: TableMetadata,
    manifests: list[ManifestFile],
    added_by: set[int] | None,
    time_column: str,
) -> dict[str, DataFile]:
    """Living files of `manifests`; with `added_by` only those that one of these snapshots added."""
    return {
        entry.data_file.file_path: _data_file(entry, metadata.field_ids, time_column)
        for manifest in manifests
        for entry in manifest.fetch_manifest_entry(io)
        if added_by is None or entry.snapshot_id in added_by
    }


def _data_file(entry: ManifestEntry, field_ids: Mapping[str, int], time_column: str) -> DataFile:
    file = entry.data_file
    lower, upper = file.lower_bounds or {}, file.upper_bounds or {}
    time_id, sensor_id = field_ids[time_column], field_ids.get("sensor_id", 0)
    return DataFile(
        path=file.file_path,
        rows=file.record_count,
        size_bytes=file.file_size_in_bytes,
        bounds=Bounds(
            event_time_min=_time(lower.get(time_id)),
            event_time_max=_time(upper.get(time_id)),
            sensor_id_min=_text(lower.get(sensor_id)),
            sensor_id_max=_text(upper.get(sensor_id)),
        ),
        sequence=entry.file_sequence_number or 0,
    )


def _time(raw: bytes | None) -> datetime | None:
    """Iceberg's single-value form of timestamptz: microseconds since 1970, little endian."""
    return None if raw is None else _EPOCH + timedelta(microseconds=int.from_bytes(raw, "little", signed=True))


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode()
