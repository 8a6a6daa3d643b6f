"""Earlier snapshots of the table, as long as it keeps them. Blocking."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from query_api.errors import SnapshotNotFoundError
from query_api.table.catalog import Catalog, TableMetadata
from query_api.table.data_files import DataFile
from query_api.table.hdfs import Hdfs
from query_api.table.manifests import plan
from query_api.table.state import NO_TABLE, ColdSegment, RecentSegment, Snapshot, TableState, keep_live

MAX_PLANNED = 16


class SnapshotHistory:
    """Finds a snapshot by its id or time. Used by one thread."""

    def __init__(self, catalog: Catalog, hdfs: Hdfs, time_column: str) -> None:
        self._catalog = catalog
        self._hdfs = hdfs
        self._time_column = time_column
        self._planned: OrderedDict[tuple[str, int], Mapping[str, DataFile]] = OrderedDict()

    def state_at(self, wanted: int | datetime, held: TableState) -> TableState:
        """The table as it was: the snapshot of that id, or the newest that was committed by then.

        What `held` has of its files in memory is shared. Raises SnapshotNotFoundError, TableUnavailableError.
        """
        location = self._catalog.metadata_location()
        if location is None:
            raise SnapshotNotFoundError("the table has no snapshot yet; ask without `as_of`")
        metadata = self._catalog.metadata(location)
        snapshot = _find(metadata, wanted)
        then = msgspec.structs.replace(metadata, current=snapshot)
        files = self._files(then, snapshot)
        kept, rest = keep_live(held.recent, files)
        return TableState(
            metadata.table_uuid,
            location,
            snapshot,
            then.offsets(),
            tuple(ColdSegment((file,)) for file in rest),
            tuple(segment for segment in kept if isinstance(segment, RecentSegment)),
            then.filled_from(),
            len(metadata.snapshots),
            rollups=held.rollups,
        )

    def _files(self, metadata: TableMetadata, snapshot: Snapshot) -> Mapping[str, DataFile]:
        """Its data files; those of the snapshots asked for last are remembered, since no snapshot ever changes."""
        key = metadata.table_uuid, snapshot.id
        if key not in self._planned:
            self._planned[key] = plan(self._hdfs, metadata, NO_TABLE, self._time_column)
        self._planned.move_to_end(key)
        if len(self._planned) > MAX_PLANNED:
            self._planned.popitem(last=False)
        return self._planned[key]


def _find(metadata: TableMetadata, wanted: int | datetime) -> Snapshot:
    lineage = list(_lineage(metadata))
    found: Snapshot | None
    if isinstance(wanted, int):
        found = metadata.snapshots.get(wanted)
    else:
        found = next((snapshot for snapshot in lineage if snapshot.committed_at <= wanted), None)
    if found is None:
        raise SnapshotNotFoundError(f"the table does not keep what `as_of` names; {_kept(lineage)}")
    return found


def _lineage(metadata: TableMetadata) -> Iterator[Snapshot]:
    """The current snapshot and its ancestors, newest first, as far as they are kept."""
    snapshot = metadata.current
    while snapshot is not None:
        yield snapshot
        snapshot = metadata.snapshots.get(snapshot.parent_id or 0)


def _kept(lineage: list[Snapshot]) -> str:
    if not lineage:
        return "it has no snapshot yet"
    newest, oldest = lineage[0], lineage[-1]
    return (
        f"it keeps {len(lineage)} snapshots, from {oldest.committed_at.isoformat()} (id {oldest.id}) "
        f"to {newest.committed_at.isoformat()} (id {newest.id})"
    )
