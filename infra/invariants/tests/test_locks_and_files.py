"""Locks are short, and what piles up is noticed."""

from dataclasses import replace

from invariants.evidence import Lock, TableFiles
from invariants.files_within_bounds import FilesWithinBounds
from invariants.no_lock_outlives_a_minute import NoLockOutlivesAMinute
from invariants.tests.hand_made import World


def lock(age_s: float) -> Lock:
    return Lock(12, "iot.readings", "ACQUIRED", age_s, "spark@host")


def test_a_young_lock_is_right(world: World) -> None:
    assert NoLockOutlivesAMinute().check(replace(world.evidence(), locks=[lock(59.9)])) == []


def test_a_lock_of_more_than_a_minute_is_found(world: World) -> None:
    [violation] = NoLockOutlivesAMinute().check(replace(world.evidence(), locks=[lock(1), lock(61)]))
    assert violation.detail == "lock 12 on iot.readings (ACQUIRED) is 61 s old, held by spark@host"


def test_a_table_within_bounds_is_right(world: World) -> None:
    evidence = replace(world.evidence(), files={"iot.readings": TableFiles(1_000, 5_000, 1_000)})
    assert FilesWithinBounds().check(evidence) == []


def test_snapshots_and_files_beyond_their_bounds_are_found(world: World) -> None:
    evidence = replace(world.evidence(), files={"iot.readings": TableFiles(1_001, 2_000, 1_002)})
    snapshots, files = FilesWithinBounds().check(evidence)
    assert snapshots.detail == "iot.readings has 1001 snapshots, at most 1000 are expected"
    assert files.detail == "a day of iot.readings has 1002 files, at most 1000 are expected"
