"""Taking over snapshots of a real Iceberg table, on local disk."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from query_api.table.reader import RecentLimits, TableReader
from query_api.table.state import NO_TABLE, TableState

MakeTable = Callable[..., pa.Table]
NewReader = Callable[..., TableReader]
SMALL = RecentLimits(max_file_bytes=1 << 20, max_rows=5, max_files=100, max_merged_bytes=1 << 30, grace_s=0)


def values_in(state: TableState) -> list[float]:
    """Values of all readings that `state` stands for, wherever they are."""
    values = [value for segment in state.recent for value in segment.table["value"].to_pylist()]
    for segment in state.cold:
        for path in (
            [segment.merged] if segment.merged else [file.path.removeprefix("file://") for file in segment.files]
        ):
            values += pq.read_table(path, columns=["value"])["value"].to_pylist()
    return sorted(values)


def test_small_new_files_are_read_into_memory_once(
    iceberg: Any, files: Any, new_reader: NewReader, table: MakeTable
) -> None:
    reader = new_reader()
    iceberg.append(table([1, 2]), '{"0": 2}')
    first = reader.refresh(None)
    iceberg.append(table([3]), '{"0": 3}')
    files.reads.clear()
    second = reader.refresh(first)
    assert values_in(second) == [1, 2, 3]
    assert (first.committed_offsets, second.committed_offsets) == ({0: 2}, {0: 3})
    assert (first.snapshots, second.snapshots) == (1, 2)
    assert not second.cold
    assert sum(location.endswith(".parquet") for location in files.reads) == 1
    assert values_in(first) == [1, 2]


def test_a_look_without_news_reads_nothing(iceberg: Any, files: Any, new_reader: NewReader, table: MakeTable) -> None:
    reader = new_reader()
    iceberg.append(table([1]))
    held = reader.refresh(None)
    files.reads.clear()
    assert reader.refresh(held) is held
    assert not files.reads


def test_new_metadata_of_the_same_snapshot_costs_no_plan(
    iceberg: Any, files: Any, new_reader: NewReader, table: MakeTable
) -> None:
    reader = new_reader()
    iceberg.append(table([1]))
    held = reader.refresh(None)
    iceberg.table.transaction().set_properties({"a": "b"}).commit_transaction()
    files.reads.clear()
    relocated = reader.refresh(held)
    assert relocated.snapshot is held.snapshot
    assert (held.snapshots, relocated.snapshots) == (1, 1)
    assert relocated.metadata_location != held.metadata_location
    assert len(files.reads) == 1


def test_large_files_go_to_the_disk_cache_and_not_into_memory(
    iceberg: Any, new_reader: NewReader, table: MakeTable, folder: Path
) -> None:
    iceberg.append(table(range(100)))
    state = new_reader(replace(SMALL, max_file_bytes=100)).refresh(None)
    assert not state.recent
    assert [segment.merged for segment in state.cold] == [None]
    assert len(list((folder / "data-files").glob("*.parquet"))) == 1


def test_too_many_small_files_are_merged_into_one_on_disk(
    iceberg: Any, new_reader: NewReader, table: MakeTable
) -> None:
    reader, state = new_reader(SMALL), None
    for number in range(8):
        iceberg.append(table([number]))
        state = reader.refresh(state)
    assert state is not None
    assert values_in(state) == list(range(8))
    assert [len(segment.files) for segment in state.cold] == [6]
    assert sum(segment.rows for segment in state.recent) == 2


def test_after_a_restart_merged_files_are_used_again(
    iceberg: Any, files: Any, new_reader: NewReader, table: MakeTable
) -> None:
    for number in range(8):
        iceberg.append(table([number]))
    first = new_reader(SMALL).refresh(None)
    files.reads.clear()
    again = new_reader(SMALL).refresh(None)
    assert values_in(again) == list(range(8))
    assert [segment.merged for segment in again.cold] == [segment.merged for segment in first.cold]
    assert sum(location.endswith(".parquet") for location in files.reads) == 8 - sum(len(s.files) for s in first.cold)


def test_a_compaction_replaces_what_is_held_and_the_old_merged_file_goes(
    iceberg: Any, new_reader: NewReader, table: MakeTable
) -> None:
    reader = new_reader(SMALL)
    for number in range(8):
        iceberg.append(table([number]), f'{{"0": {number + 1}}}')
    held = reader.refresh(None)
    [merged] = [segment.merged for segment in held.cold if segment.merged]
    iceberg.compact()
    compacted = reader.refresh(held)
    assert values_in(compacted) == list(range(8))
    assert compacted.committed_offsets == {0: 8}
    assert merged.exists()  # a query may still be about to open it
    iceberg.append(table([8]))
    assert values_in(reader.refresh(compacted)) == list(range(9))
    assert not merged.exists()


def test_small_files_stay_single_when_merged_files_have_their_share(
    iceberg: Any, new_reader: NewReader, table: MakeTable
) -> None:
    for number in range(8):
        iceberg.append(table([number]))
    state = new_reader(replace(SMALL, max_merged_bytes=0)).refresh(None)
    assert {segment.merged for segment in state.cold} == {None}
    assert values_in(state) == list(range(8))


def test_offsets_that_vanish_from_the_same_table_are_kept(
    iceberg: Any, new_reader: NewReader, table: MakeTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = new_reader()
    iceberg.append(table([1]), '{"0": 5}')
    held = reader.refresh(None)
    iceberg.append(table([2]))
    monkeypatch.setattr("query_api.table.catalog.OFFSETS_PROPERTY", "no longer there")
    assert reader.refresh(held).committed_offsets == {0: 5}
    assert reader.refresh(None).committed_offsets is None


def test_no_table_and_an_empty_table_are_states_like_any_other(
    iceberg: Any, new_reader: NewReader, table: MakeTable
) -> None:
    reader = new_reader()
    empty = reader.refresh(None)
    assert (empty.snapshot, empty.committed_offsets, values_in(empty)) == (None, {}, [])
    iceberg.append(table([1]), '{"0": 1}')
    held = reader.refresh(empty)
    iceberg.exists = False
    assert reader.refresh(held) is NO_TABLE


def test_files_of_another_writer_are_brought_to_the_tables_types(
    iceberg: Any, new_reader: NewReader, table: MakeTable
) -> None:
    iceberg.append(table([1]).cast(pa.schema([(f.name, f.type) for f in table([1]).schema])))
    [segment] = new_reader().refresh(None).recent
    assert segment.table.schema.field("sensor_id").type == pa.string()
