"""Iceberg's metadata file, as the specification has it."""

import gzip
import json
from typing import Any

import pytest

from iot_contracts.tables import OFFSETS_PROPERTY, TOPIC_PROPERTY, FilledFrom
from query_api.table.catalog import parse_metadata


def snapshot(
    number: int, parent: int | None, offsets: dict[str, int] | None, operation: str = "append"
) -> dict[str, Any]:
    summary = {"operation": operation, "total-records": "10"}
    if offsets is not None:
        summary[OFFSETS_PROPERTY] = json.dumps(offsets)
    raw = {
        "snapshot-id": number,
        "sequence-number": number,
        "timestamp-ms": 1772366400000 + number,
        "manifest-list": f"hdfs://nn/m{number}.avro",
        "summary": summary,
        "schema-id": 0,
    }
    return raw if parent is None else {**raw, "parent-snapshot-id": parent}


def metadata(current: int | None, *snapshots: dict[str, Any]) -> bytes:
    fields = [
        {"id": 5, "name": "sensor_id", "required": True, "type": "string"},
        {"id": 9, "name": "event_timestamp", "required": True, "type": "timestamptz"},
    ]
    return json.dumps(
        {
            "format-version": 2,
            "table-uuid": "9c12d441-03fe-4693-9a96-a0705ddf69c1",
            "location": "hdfs://nn/t",
            "current-schema-id": 1,
            "schemas": [
                {"type": "struct", "schema-id": 0, "fields": []},
                {"type": "struct", "schema-id": 1, "fields": fields},
            ],
            "current-snapshot-id": current,
            "snapshots": list(snapshots),
            "refs": {},
        }
    ).encode()


def test_the_current_snapshot_and_the_current_schema_are_found() -> None:
    parsed = parse_metadata("l", metadata(2, snapshot(1, None, {"0": 5}), snapshot(2, 1, {"0": 7, "1": 3})))
    assert parsed.current is not None
    assert (parsed.current.id, parsed.current.parent_id, parsed.current.total_rows) == (2, 1, 10)
    assert parsed.current.committed_at.isoformat() == "2026-03-01T12:00:00.002000+00:00"
    assert parsed.field_ids == {"sensor_id": 5, "event_timestamp": 9}
    assert parsed.offsets() == {0: 7, 1: 3}


def test_offsets_come_from_the_newest_ancestor_that_has_them() -> None:
    snapshots = [snapshot(1, None, {"0": 5}), snapshot(2, 1, {"0": 7}), snapshot(3, 2, None, "replace")]
    assert parse_metadata("l", metadata(3, *snapshots)).offsets() == {0: 7}


def test_offsets_of_a_snapshot_that_is_no_ancestor_do_not_count() -> None:
    rolled_back = [snapshot(1, None, {"0": 5}), snapshot(2, 1, {"0": 7}), snapshot(3, 1, None, "replace")]
    assert parse_metadata("l", metadata(3, *rolled_back)).offsets() == {0: 5}


def test_a_table_that_never_said_its_offsets_has_none_but_an_empty_one_begins_at_the_beginning() -> None:
    assert parse_metadata("l", metadata(1, snapshot(1, None, None))).offsets() is None
    assert parse_metadata("l", metadata(1, snapshot(1, 77, None))).offsets() is None  # its parent has expired
    assert parse_metadata("l", metadata(None)).offsets() == {}


@pytest.mark.parametrize("current", [None, -1])
def test_a_table_without_a_commit_has_no_snapshot(current: int | None) -> None:
    assert parse_metadata("l", metadata(current)).current is None


def test_compressed_metadata_is_read_too() -> None:
    content = metadata(1, snapshot(1, None, {"0": 5}))
    assert parse_metadata("l", gzip.compress(content)) == parse_metadata("l", content)


def test_the_topic_stands_beside_the_offsets_and_outlives_a_compaction() -> None:
    told = snapshot(1, None, {"0": 7})
    told["summary"][TOPIC_PROPERTY] = '{"topic_id":"the-id","leader_epochs":{"0":3}}'
    compacted = parse_metadata("l", metadata(2, told, snapshot(2, 1, None, "replace")))
    assert compacted.filled_from() == FilledFrom("the-id", {0: 3})
    assert parse_metadata("l", metadata(1, snapshot(1, None, {"0": 7}))).filled_from() is None
