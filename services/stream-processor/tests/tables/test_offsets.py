import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_processor.tables.offsets import (
    OffsetRange,
    advance,
    decode_offsets,
    encode_offsets,
    gaps,
    is_covered,
    parse_initial_offsets,
    parse_offset_log,
)

offsets = st.dictionaries(st.integers(0, 5), st.integers(0, 1 << 62))
ENTRY = 'v1\n{"batchWatermarkMs":0,"batchTimestampMs":1767225600000,"conf":{}}\n{"iot-sensors":{"2":0,"0":12,"1":7}}'


@given(offsets)
def test_offsets_survive_the_way_through_a_snapshot_property(committed: dict[int, int]) -> None:
    assert decode_offsets(encode_offsets(committed)) == committed


def test_a_snapshot_property_is_sorted_by_partition() -> None:
    assert encode_offsets({10: 1, 2: 7, 0: 12}) == '{"0":12,"2":7,"10":1}'


@pytest.mark.parametrize("text", ["", "{", "[]", '{"0":"12"}', '{"0":1.5}'])
def test_another_property_is_refused(text: str) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_offsets(text)


def test_the_end_of_a_batch_is_read_from_sparks_offset_log() -> None:
    assert parse_offset_log(ENTRY + "\n", "iot-sensors") == {0: 12, 1: 7, 2: 0}


def test_another_version_of_the_offset_log_is_refused() -> None:
    with pytest.raises(ValueError, match="version 'v2' is unknown"):
        parse_offset_log(ENTRY.replace("v1", "v2"), "iot-sensors")


def test_where_the_first_batch_starts_is_read_from_the_sources_own_file() -> None:
    assert parse_initial_offsets('\0v1\n{"iot-sensors":{"2":0,"0":12}}', "iot-sensors") == {0: 12, 2: 0}
    with pytest.raises(ValueError, match="v2"):
        parse_initial_offsets('\0v2\n{"iot-sensors":{"0":12}}', "iot-sensors")


def test_a_batch_counts_the_messages_between_start_and_end() -> None:
    assert OffsetRange({0: 10, 1: 5}, {0: 12, 1: 5}).message_count() == 2


def test_a_partition_without_a_known_start_counts_for_nothing() -> None:
    assert OffsetRange({0: 10}, {0: 12, 1: 500}).message_count() == 2


@given(offsets, offsets)
def test_a_border_that_was_advanced_covers_what_it_was_advanced_by(
    committed: dict[int, int], end: dict[int, int]
) -> None:
    batch = OffsetRange(committed, end)
    reached = advance(committed, end)
    assert is_covered(batch, reached)
    assert all(reached[partition] >= offset for partition, offset in committed.items())


@given(offsets, offsets)
def test_advancing_twice_by_the_same_end_changes_nothing(committed: dict[int, int], end: dict[int, int]) -> None:
    once = advance(committed, end)
    assert advance(once, end) == once


def test_one_message_past_the_border_is_not_covered() -> None:
    assert is_covered(OffsetRange({}, {0: 5, 1: 7}), {0: 5, 1: 7})
    assert not is_covered(OffsetRange({}, {0: 5, 1: 8}), {0: 5, 1: 7})
    assert not is_covered(OffsetRange({}, {0: 5, 2: 1}), {0: 5})


def test_a_batch_that_starts_past_the_border_leaves_a_gap() -> None:
    batch = OffsetRange({0: 5, 1: 9, 2: 3}, {0: 6, 1: 10, 2: 4})
    assert gaps(batch, {0: 5, 1: 7}) == {1: (7, 9)}


@given(offsets, offsets)
def test_a_batch_that_starts_at_the_border_or_below_leaves_no_gap(
    committed: dict[int, int], end: dict[int, int]
) -> None:
    assert gaps(OffsetRange(committed, end), advance(committed, end)) == {}
