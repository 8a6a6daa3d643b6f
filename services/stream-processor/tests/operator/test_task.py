"""A task is a pure function: however the messages are cut, and however often it is run, the same comes out."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iot_contracts.sensor_types import DEFAULT_SENSOR_TYPES
from iot_contracts.tables import READINGS
from stream_processor.operator.columns import Messages
from stream_processor.operator.facts import Outgoing, TaskFacts, from_rows, to_rows
from stream_processor.operator.identity_table import IdentityTable
from stream_processor.operator.request import PassRequest
from stream_processor.operator.rules_file import RuleInputs, write_rules
from stream_processor.operator.task import Task

Message = Callable[..., dict[str, Any]]
FIELD_IDS = {column.name: number for number, column in enumerate(READINGS.columns, 1)}


def request_in(folder: Path, **changes: Any) -> PassRequest:
    (folder / "outgoing").mkdir(parents=True, exist_ok=True)
    values: dict[str, Any] = {
        "topic_id": "topic",
        "starts": {0: 0},
        "ends": {0: 1000},
        "stored": {},
        "live_from_s": 0,
        "state_dir": folder / "state",
        "outgoing_dir": folder / "outgoing",
        "field_ids": FIELD_IDS,
        "rules": write_rules(folder / "rules", RuleInputs((), (), DEFAULT_SENSOR_TYPES)),
        "identities_per_generation": 1000,
    }
    request = PassRequest(**values | changes)
    if not request.identity_folder(0).exists():
        IdentityTable.create(request.identity_folder(0), 1000, {})
    return request


def run(request: PassRequest, values: list[bytes], cuts: list[int]) -> tuple[TaskFacts, list[Outgoing]]:
    task = Task(request)
    edges = [0, *cuts, len(values)]
    for start, end in itertools.pairwise(edges):
        offsets = np.arange(start, end)
        task.process(0, Messages(values[start:end], offsets, offsets * 1_000_000))
    return task.finish()


def rows_of(facts: TaskFacts) -> list[dict[str, Any]]:
    rows = [row for file in facts.files for row in pq.read_table(file.path).to_pylist()]
    return sorted(rows, key=lambda row: row["kafka_offset"])


@pytest.fixture
def feed(a_message: Message) -> list[bytes]:
    """Good, repeated, contradicting, strange, empty and broken messages, over three days."""
    readings = [
        a_message(
            reading_id=str(UUID(int=number % 17)),
            sensor_id=f"SENSOR_{number % 3}",
            value=100.0 if number % 7 == 0 else 20.0,
            timestamp=f"2026-03-0{1 + number % 3}T12:00:{number % 60:02}Z",
            battery_level=10.0 if number % 11 == 0 else 90.0,
        )
        for number in range(60)
    ]
    broken = [b"", b"x", b'{"reading_id":1}']
    return (
        [json.dumps(reading).encode() for reading in readings[:40]]
        + broken
        + [json.dumps(reading).encode() for reading in readings[40:]]
    )


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, 63), max_size=5).map(sorted))
def test_however_the_messages_are_cut_the_same_comes_out(
    tmp_path_factory: pytest.TempPathFactory, feed: list[bytes], cuts: list[int]
) -> None:
    whole_facts, whole_outgoing = run(request_in(tmp_path_factory.mktemp("whole")), feed, [])
    facts, outgoing = run(request_in(tmp_path_factory.mktemp("cut")), feed, cuts)
    assert rows_of(facts) == rows_of(whole_facts)
    assert sorted(outgoing) == sorted(whole_outgoing)
    assert (facts.readings, facts.repeated, facts.invalid) == (
        whole_facts.readings,
        whole_facts.repeated,
        whole_facts.invalid,
    )
    assert sorted(map(repr, facts.panes)) == sorted(map(repr, whole_facts.panes))


def test_a_task_that_died_is_run_again_and_gives_the_same(tmp_path: Path, feed: list[bytes]) -> None:
    clean, clean_outgoing = run(request_in(tmp_path / "clean"), feed, [])
    request = request_in(tmp_path / "killed")
    Task(request).process(0, Messages(feed[:30], np.arange(30), np.arange(30) * 1_000_000))
    facts, outgoing = run(request, feed, [10])
    assert rows_of(facts) == rows_of(clean)
    assert sorted(outgoing) == sorted(clean_outgoing)


def test_there_is_a_file_a_day_with_the_field_ids_of_the_table(tmp_path: Path, feed: list[bytes]) -> None:
    facts, _ = run(request_in(tmp_path), feed, [])
    assert sorted((file.day, file.rows) for file in facts.files) == [
        (f"2026-03-0{day}", sum(row["event_timestamp"].day == day for row in rows_of(facts))) for day in (1, 2, 3)
    ]
    schema = pq.read_schema(facts.files[0].path)
    assert {field.name: int(field.metadata[b"PARQUET:field_id"]) for field in schema} == FIELD_IDS


def test_what_the_table_holds_already_is_counted_and_not_written(tmp_path: Path, feed: list[bytes]) -> None:
    everything, outgoing = run(request_in(tmp_path / "a"), feed, [])
    rest, _ = run(request_in(tmp_path / "b", stored={0: 20}), feed, [])
    nothing, again = run(request_in(tmp_path / "c", stored=None), feed, [])
    assert rows_of(rest) == [row for row in rows_of(everything) if row["kafka_offset"] >= 20]
    assert nothing.files == []
    assert (nothing.readings, sorted(again)) == (everything.readings, sorted(outgoing))


def test_what_the_driver_is_told_arrives_as_it_was(tmp_path: Path, feed: list[bytes]) -> None:
    facts, outgoing = run(request_in(tmp_path), feed, [])
    assert from_rows(pa.Table.from_batches([to_rows(facts, outgoing)])) == ([facts], outgoing)
