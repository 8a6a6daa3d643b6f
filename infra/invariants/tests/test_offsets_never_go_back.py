"""A snapshot's offsets only grow."""

from invariants.evidence import Snapshot
from invariants.offsets_never_go_back import OffsetsNeverGoBack
from invariants.tests.hand_made import World

check = OffsetsNeverGoBack().check


def test_offsets_that_grow_or_stay_are_right_and_compactions_say_nothing(world: World) -> None:
    world.snapshots = {"iot.readings": [Snapshot(1, {0: 2}), Snapshot(2, None), Snapshot(3, {0: 2, 1: 5})]}
    assert check(world.evidence()) == []


def test_a_step_back_is_found_across_a_compaction(world: World) -> None:
    world.snapshots = {"iot.anomalies": [Snapshot(1, {0: 3, 1: 9}), Snapshot(2, None), Snapshot(3, {0: 2, 1: 9})]}
    [violation] = check(world.evidence())
    assert violation.detail == "iot.anomalies, partition 0: 3 in snapshot 1, 2 in 3 after it"


def test_a_partition_that_is_forgotten_is_a_step_back(world: World) -> None:
    world.snapshots = {"iot.readings": [Snapshot(1, {0: 3, 1: 9}), Snapshot(2, {0: 4})]}
    [violation] = check(world.evidence())
    assert "partition 1: 9 in snapshot 1, none in 2" in violation.detail
