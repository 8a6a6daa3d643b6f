"""When a table's offsets are not of the topic that is there."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec
import pytest

from iot_contracts.tables import FilledFrom
from iot_domain.topic_log import decode_filled_from, disagreement, encode_filled_from


@dataclass(frozen=True)
class TheLog:
    topic_id: str = "first"
    ends: Mapping[int, int] = field(default_factory=lambda: {0: 100, 1: 100})
    epochs: Mapping[int, int] = field(default_factory=lambda: {0: 3, 1: 3})
    epoch_ends: Mapping[int, int] = field(default_factory=dict)


HELD = {0: 90, 1: 100}
FIRST = FilledFrom("first", {0: 3, 1: 3})


def reason(log: TheLog, filled_from: FilledFrom | None = FIRST) -> str | None:
    return disagreement("iot-sensors", HELD, filled_from, log)


def test_a_log_that_goes_on_where_the_table_ends_is_the_same() -> None:
    assert reason(TheLog()) is None
    assert reason(TheLog(epochs={0: 4, 1: 4}, epoch_ends={0: 95, 1: 100})) is None


def test_a_topic_made_anew_is_another_one_even_when_it_is_longer() -> None:
    assert "made anew: its id is second, the table was filled from first" in str(
        reason(TheLog("second", {0: 900, 1: 900}))
    )


def test_a_log_that_ends_before_the_table_was_cut() -> None:
    assert reason(TheLog(ends={0: 90, 1: 99})) == (
        "iot-sensors was cut: partition 1 ends at offset 99, the table holds it up to 100"
    )


def test_a_log_that_was_cut_and_has_grown_past_the_table_since_is_known_by_its_epoch() -> None:
    said = str(reason(TheLog(ends={0: 500, 1: 500}, epochs={0: 4, 1: 4}, epoch_ends={0: 80, 1: 100})))
    assert "cut at offset 80 of partition 0 and written anew" in said


def test_an_older_copy_of_the_log_is_known_by_its_epoch() -> None:
    assert "an older copy: partition 0 is at epoch 2, was at 3" in str(reason(TheLog(epochs={0: 2, 1: 3})))
    assert reason(TheLog(epochs={0: -1, 1: 3})) is None, "a log without an epoch says nothing of it"


def test_a_partition_that_is_gone_is_missed() -> None:
    assert "has no partition 1" in str(reason(TheLog(ends={0: 100}, epochs={0: 3})))


def test_of_a_table_that_remembers_no_topic_the_ends_decide() -> None:
    assert reason(TheLog("another", epochs={0: 0, 1: 0}), None) is None
    assert "was cut" in str(reason(TheLog(ends={0: 5, 1: 5}), None))


def test_a_table_without_a_snapshot_agrees_with_any_topic() -> None:
    assert disagreement("iot-sensors", {}, None, TheLog(ends={0: 0, 1: 0})) is None


@pytest.mark.parametrize("known", [-1, None])
def test_an_epoch_of_which_the_broker_knows_nothing_decides_nothing(known: int | None) -> None:
    assert reason(TheLog(epoch_ends={} if known is None else {0: known, 1: known})) is None


def test_what_a_snapshot_remembers_is_read_back() -> None:
    assert decode_filled_from(encode_filled_from(TheLog())) == FIRST
    assert decode_filled_from(encode_filled_from(TheLog(), {0: 7})) == msgspec.structs.replace(FIRST, begins={0: 7})
    assert decode_filled_from(None) is None
