"""What came before: against a plain dictionary, over crashes, growth and eviction."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_processor.operator.identity_table import (
    CHECK,
    HIGH,
    POSITION,
    Identities,
    IdentityTable,
    sensor_time,
)

SECOND = 1_000_000


def readings(*ids: int, first_offset: int = 0, second: int = 100, sensor: int = 1) -> Identities:
    numbers = np.array(ids, np.uint64)
    times = np.full(len(ids), second * SECOND, np.int64)
    return Identities(
        high=numbers,
        low=numbers * np.uint64(7),
        offsets=np.arange(first_offset, first_offset + len(ids)),
        content=numbers + np.uint64(1),
        sensor_time=sensor_time(np.full(len(ids), sensor, np.uint64), times),
    )


def test_a_reading_is_first_where_its_identity_stands_first(tmp_path: Path) -> None:
    table = IdentityTable.create(tmp_path, 100, {})
    assert table.find_or_add(readings(5, 6, 5)).first_offsets.tolist() == [0, 1, 0]
    assert table.find_or_add(readings(6, 7, first_offset=3)).first_offsets.tolist() == [1, 4]


def test_a_batch_that_is_run_again_finds_the_same(tmp_path: Path) -> None:
    table = IdentityTable.create(tmp_path, 100, {})
    batch = readings(5, 6, 5, 8)
    first = table.find_or_add(batch)
    again = IdentityTable(tmp_path, 100).find_or_add(batch)
    assert again.first_offsets.tolist() == first.first_offsets.tolist()
    assert again.content.tolist() == first.content.tolist()


def test_an_earlier_message_that_is_learned_later_becomes_the_first(tmp_path: Path) -> None:
    table = IdentityTable.create(tmp_path, 100, {})
    table.find_or_add(readings(5, first_offset=9))
    assert table.find_or_add(readings(5, first_offset=2)).first_offsets.tolist() == [2]
    assert table.find_or_add(readings(5, first_offset=9)).first_offsets.tolist() == [2]


def test_an_entry_that_a_killed_process_left_half_written_is_none(tmp_path: Path) -> None:
    table = IdentityTable.create(tmp_path, 100, {})
    table.find_or_add(readings(5))
    places = table._young.places
    (at,) = np.flatnonzero(places[:, POSITION]).tolist()
    places[at, CHECK] += np.uint64(1)
    assert table.find_or_add(readings(5, first_offset=4)).first_offsets.tolist() == [4]
    assert (places[:, HIGH] == 5).sum() == 1


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.lists(st.integers(1, 400), min_size=1, max_size=300), min_size=1, max_size=8),
    st.sampled_from([1 << 20, 4000]),
)
def test_it_finds_what_a_dictionary_finds(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[int]], capacity: int
) -> None:
    table = IdentityTable.create(tmp_path_factory.mktemp("identities"), capacity, {})
    known: dict[int, int] = {}
    offset = 0
    for ids in batches:
        found = table.find_or_add(readings(*ids, first_offset=offset)).first_offsets.tolist()
        assert found == [known.setdefault(number, offset + place) for place, number in enumerate(ids)]
        offset += len(ids)


def test_many_identities_are_found_again_when_the_file_has_grown(tmp_path: Path) -> None:
    table = IdentityTable.create(tmp_path, 200_000, {})
    ids = np.random.default_rng(1).permutation(100_000) + 1
    table.find_or_add(readings(*ids.tolist()))
    again = IdentityTable(tmp_path, 200_000).find_or_add(readings(*ids.tolist(), first_offset=100_000))
    assert (again.first_offsets == np.arange(100_000)).all()


def test_what_was_evicted_is_named_by_sensor_and_time(tmp_path: Path) -> None:
    table = IdentityTable.create(tmp_path, 10, {})
    table.find_or_add(readings(*range(1, 11), second=50, sensor=1))
    table.find_or_add(readings(*range(11, 21), first_offset=10, second=60, sensor=2))
    # A third generation drops the first one.
    table.find_or_add(readings(*range(21, 31), first_offset=20, second=70, sensor=1))
    asked = [readings(99, second=second, sensor=sensor) for second, sensor in ((50, 1), (51, 1), (50, 2))]
    assert [bool(table.may_be_evicted(one)[0]) for one in asked] == [True, False, False]
    assert IdentityTable(tmp_path, 10).may_be_evicted(asked[0])[0]


def test_what_a_table_does_not_hold_when_it_is_made_is_named(tmp_path: Path) -> None:
    table = IdentityTable.create(tmp_path, 10, {1: 50})
    asked = [readings(99, second=second, sensor=sensor) for second, sensor in ((50, 1), (51, 1), (0, 2))]
    assert [bool(table.may_be_evicted(one)[0]) for one in asked] == [True, False, False]


def test_the_header_says_how_far_it_has_come_and_never_goes_back(tmp_path: Path) -> None:
    table = IdentityTable.create(tmp_path, 10, {})
    assert IdentityTable.header(tmp_path) is None
    table.finish("topic", 7)
    table.finish("topic", 5)
    header = IdentityTable.header(tmp_path)
    assert header is not None
    assert (header.topic_id, header.end) == ("topic", 7)
    table.finish("another", 5)
    header = IdentityTable.header(tmp_path)
    assert header is not None
    assert header.end == 5


def test_a_table_from_before_the_machine_s_last_start_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    IdentityTable.create(tmp_path, 10, {}).finish("topic", 7)
    other = tmp_path / "boot_id"
    other.write_text("another start")
    monkeypatch.setattr("stream_processor.operator.identity_table._BOOT_ID", other)
    assert IdentityTable.header(tmp_path) is None
