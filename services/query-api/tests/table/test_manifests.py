"""Planning a real Iceberg table."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyarrow as pa

from query_api.table.catalog import Catalog, TableMetadata
from query_api.table.manifests import appended_since, plan
from query_api.table.state import NO_TABLE, ColdSegment, TableState

MakeTable = Callable[..., pa.Table]


def current(catalog: Catalog) -> TableMetadata:
    location = catalog.metadata_location()
    assert location is not None
    return catalog.metadata(location)


def planned(files: Any, catalog: Catalog, held: TableState = NO_TABLE) -> TableState:
    metadata = current(catalog)
    cold = tuple(ColdSegment((file,)) for file in plan(files, metadata, held, "event_timestamp").values())
    return TableState(metadata.table_uuid, metadata.location, metadata.current, {}, cold)


def test_bounds_and_row_counts_of_each_file_are_known(
    iceberg: Any, files: Any, catalog: Catalog, table: MakeTable, reading: Any
) -> None:
    iceberg.append(table([1, 2, 3]))
    [file] = plan(files, current(catalog), NO_TABLE, "event_timestamp").values()
    assert file.rows == 3
    assert (file.bounds.sensor_id_min, file.bounds.sensor_id_max) == ("SENSOR_0", "SENSOR_2")
    assert file.bounds.event_time_min == reading(1).timestamp
    assert file.bounds.event_time_max == reading(3).timestamp


def test_an_append_costs_its_manifest_list_and_one_manifest(
    iceberg: Any, files: Any, catalog: Catalog, table: MakeTable
) -> None:
    for number in range(10):
        iceberg.append(table([number]))
    held = planned(files, catalog)
    iceberg.append(table([10]))
    files.reads.clear()
    assert len(planned(files, catalog, held).files) == 11
    assert len(files.reads) == 3  # metadata, manifest list, the new manifest


def test_several_appends_at_once_are_taken_together(
    iceberg: Any, files: Any, catalog: Catalog, table: MakeTable
) -> None:
    iceberg.append(table([0]))
    held = planned(files, catalog)
    for number in range(1, 4):
        iceberg.append(table([number]))
    assert appended_since(current(catalog), held) is not None
    assert planned(files, catalog, held).files == planned(files, catalog).files


def test_after_a_compaction_all_is_planned_anew(iceberg: Any, files: Any, catalog: Catalog, table: MakeTable) -> None:
    for number in range(3):
        iceberg.append(table([number]))
    held = planned(files, catalog)
    iceberg.compact()
    iceberg.append(table([3]))
    assert appended_since(current(catalog), held) is None
    assert planned(files, catalog, held).files == planned(files, catalog).files
    assert sum(file.rows for file in planned(files, catalog, held).files.values()) == 4


def test_a_plan_that_misses_readings_is_made_anew(iceberg: Any, files: Any, catalog: Catalog, table: MakeTable) -> None:
    iceberg.append(table([0]))
    iceberg.append(table([1]))
    held = planned(files, catalog)
    iceberg.append(table([2]))
    incomplete = replace(held, cold=held.cold[:1])
    assert len(planned(files, catalog, incomplete).files) == 3


def test_a_table_recreated_under_the_same_name_is_planned_anew(
    iceberg: Any, files: Any, catalog: Catalog, table: MakeTable
) -> None:
    iceberg.append(table([0]))
    held = planned(files, catalog)
    iceberg.catalog.drop_table("iot.readings")
    iceberg.create()
    assert planned(files, catalog, held).files == {}
    iceberg.append(table([1, 2]), '{"0": 2}')
    assert [file.rows for file in planned(files, catalog, held).files.values()] == [2]
    assert held.snapshot is not None
    assert current(catalog).snapshots[current(catalog).current.id].offsets == {0: 2}  # type: ignore[union-attr]
    assert appended_since(current(catalog), held) is None
