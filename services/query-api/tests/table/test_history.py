"""Earlier snapshots of a real Iceberg table, on local disk."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from query_api.errors import SnapshotNotFoundError
from query_api.table.catalog import Catalog
from query_api.table.columns import READING_COLUMNS
from query_api.table.history import MAX_PLANNED, SnapshotHistory
from query_api.table.reader import TableReader
from query_api.table.state import NO_TABLE, TableState

MakeTable = Callable[..., pa.Table]


@pytest.fixture
def history(catalog: Catalog, files: Any) -> SnapshotHistory:
    return SnapshotHistory(catalog, files, READING_COLUMNS.time)


def numbers_in(state: TableState) -> list[float]:
    in_files = (file.path.removeprefix("file://") for segment in state.cold for file in segment.files)
    tables = [*(segment.table for segment in state.recent), *(pq.read_table(path) for path in in_files)]
    return sorted(value for table in tables for value in table["value"].to_pylist())


def fill(iceberg: Any, table: MakeTable, commits: int) -> list[int]:
    """Commits of a reading each; returns the snapshots' ids, oldest first."""
    for number in range(commits):
        iceberg.append(table([number]), f'{{"0": {number + 1}}}')
    return [entry.snapshot_id for entry in iceberg.table.history()]


def test_a_snapshot_by_its_id_is_the_table_as_it_was(iceberg: Any, table: MakeTable, history: SnapshotHistory) -> None:
    ids = fill(iceberg, table, 3)
    state = history.state_at(ids[1], NO_TABLE)
    assert numbers_in(state) == [0, 1]
    assert (state.snapshot and state.snapshot.id, state.committed_offsets) == (ids[1], {0: 2})


def test_a_time_is_the_newest_snapshot_committed_by_then(
    iceberg: Any, table: MakeTable, history: SnapshotHistory
) -> None:
    ids = fill(iceberg, table, 2)
    committed = datetime.fromtimestamp(iceberg.table.history()[0].timestamp_ms / 1000, UTC)
    found = history.state_at(committed, NO_TABLE).snapshot
    newest = history.state_at(datetime.now(UTC), NO_TABLE).snapshot
    assert [one and one.id for one in (found, newest)] == ids


def test_it_stays_the_same_after_compaction_and_shares_what_is_in_memory(
    iceberg: Any, table: MakeTable, files: Any, new_reader: Callable[..., TableReader], history: SnapshotHistory
) -> None:
    ids = fill(iceberg, table, 1)
    held = new_reader().refresh(None)
    shared = history.state_at(ids[0], held)
    assert [segment.table for segment in shared.recent] == [segment.table for segment in held.recent]
    iceberg.append(table([7]), '{"0": 8}')
    iceberg.compact()
    assert numbers_in(history.state_at(ids[0], new_reader().refresh(None))) == [0]


@pytest.mark.parametrize("wanted", [5, datetime.now(UTC) - timedelta(days=400)])
def test_what_is_not_kept_is_named_with_what_is(
    iceberg: Any, table: MakeTable, history: SnapshotHistory, wanted: int | datetime
) -> None:
    ids = fill(iceberg, table, 2)
    with pytest.raises(SnapshotNotFoundError, match=rf"it keeps 2 snapshots, from \S+ \(id {ids[0]}\) to"):
        history.state_at(wanted, NO_TABLE)


def test_a_table_without_snapshots_says_so(iceberg: Any, history: SnapshotHistory) -> None:
    with pytest.raises(SnapshotNotFoundError, match="it has no snapshot yet"):
        history.state_at(5, NO_TABLE)
    iceberg.exists = False
    with pytest.raises(SnapshotNotFoundError, match="no snapshot yet; ask without"):
        history.state_at(5, NO_TABLE)


def test_a_snapshot_is_planned_once(iceberg: Any, table: MakeTable, files: Any, history: SnapshotHistory) -> None:
    ids = fill(iceberg, table, 1)
    history.state_at(ids[0], NO_TABLE)
    files.reads.clear()
    history.state_at(ids[0], NO_TABLE)
    assert not [path for path in files.reads if path.endswith(".avro")]


def test_plans_are_forgotten_past_a_bound(iceberg: Any, table: MakeTable, history: SnapshotHistory) -> None:
    for snapshot_id in fill(iceberg, table, MAX_PLANNED + 2):
        history.state_at(snapshot_id, NO_TABLE)
    assert len(history._planned) == MAX_PLANNED
