"""The table as the catalogue knows it: metastore → metadata file → snapshots.

Of the metadata only what is needed is decoded. pyiceberg's models of the same file take 30 times as long,
and a table that commits every two seconds is looked at as often.
"""

import gzip
from datetime import UTC, datetime

import msgspec

from iot_contracts.tables import OFFSETS_PROPERTY, SOURCE_SEQUENCE_PROPERTY, TOPIC_PROPERTY, FilledFrom
from iot_domain.topic_log import decode_filled_from
from query_api.table.hdfs import Hdfs
from query_api.table.metastore import Metastore
from query_api.table.state import Snapshot


class _Field(msgspec.Struct):
    id: int
    name: str


class _Schema(msgspec.Struct, rename="kebab"):
    fields: list[_Field]
    schema_id: int = 0


class _Snapshot(msgspec.Struct, rename="kebab"):
    snapshot_id: int
    timestamp_ms: int
    manifest_list: str
    summary: dict[str, str]
    parent_snapshot_id: int | None = None


class _Metadata(msgspec.Struct, rename="kebab"):
    table_uuid: str
    schemas: list[_Schema]
    current_schema_id: int
    current_snapshot_id: int | None = None
    snapshots: list[_Snapshot] = []


class TableMetadata(msgspec.Struct, frozen=True):
    """What one metadata file says."""

    table_uuid: str
    location: str
    field_ids: dict[str, int]
    current: Snapshot | None
    snapshots: dict[int, Snapshot]

    def offsets(self) -> dict[int, int] | None:
        """Where the table ends in `iot-sensors`: of the current snapshot or its newest ancestor that says so.

        Empty without any snapshot: nothing is held yet. None when there are snapshots but none says.
        """
        if self.current is None:
            return {}
        bearer = self._newest_with_offsets()
        return None if bearer is None or bearer.offsets is None else dict(bearer.offsets)

    def filled_from(self) -> FilledFrom | None:
        """The topic that those offsets are of; None when nothing says."""
        bearer = self._newest_with_offsets()
        return None if bearer is None else bearer.filled_from

    def source_sequence(self) -> int:
        """Of a derived table: up to which sequence number of the readings' data files it holds all."""
        bearer = self._newest_with_offsets()
        return bearer.source_sequence or 0 if bearer else 0

    def _newest_with_offsets(self) -> Snapshot | None:
        snapshot = self.current
        while snapshot is not None and snapshot.offsets is None:
            snapshot = self.snapshots.get(snapshot.parent_id or 0)
        return snapshot


class Catalog:
    """One table, looked up through metastore and HDFS. Blocking; used by one thread."""

    def __init__(self, table: str, metastore: Metastore, hdfs: Hdfs) -> None:
        self._database, self._table = table.split(".")
        self._metastore = metastore
        self._hdfs = hdfs

    def metadata_location(self) -> str | None:
        """Where the current metadata is; None when the table does not exist. Raises TableUnavailableError."""
        return self._metastore.metadata_location(self._database, self._table)

    def metadata(self, location: str) -> TableMetadata:
        """Read one metadata file. Raises TableUnavailableError."""
        return parse_metadata(location, self._hdfs.read(location))


def parse_metadata(location: str, content: bytes) -> TableMetadata:
    """What stands in a metadata file (plain or gzip JSON, format version 2 or 3)."""
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    raw = msgspec.json.decode(content, type=_Metadata)
    snapshots = {item.snapshot_id: _snapshot(item) for item in raw.snapshots}
    schema = next(schema for schema in raw.schemas if schema.schema_id == raw.current_schema_id)
    return TableMetadata(
        table_uuid=raw.table_uuid,
        location=location,
        field_ids={field.name: field.id for field in schema.fields},
        current=snapshots.get(raw.current_snapshot_id or 0),
        snapshots=snapshots,
    )


def _snapshot(raw: _Snapshot) -> Snapshot:
    total_rows = raw.summary.get("total-records")
    offsets = raw.summary.get(OFFSETS_PROPERTY)
    sequence = raw.summary.get(SOURCE_SEQUENCE_PROPERTY)
    return Snapshot(
        id=raw.snapshot_id,
        parent_id=raw.parent_snapshot_id,
        committed_at=datetime.fromtimestamp(raw.timestamp_ms / 1000, UTC),
        operation=raw.summary.get("operation", ""),
        manifest_list=raw.manifest_list,
        total_rows=None if total_rows is None else int(total_rows),
        offsets=None if offsets is None else msgspec.json.decode(offsets, type=dict[int, int]),
        filled_from=decode_filled_from(raw.summary.get(TOPIC_PROPERTY)),
        source_sequence=None if sequence is None else int(sequence),
    )
