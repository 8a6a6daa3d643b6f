"""Leaving out files that cannot hold what is asked for."""

from datetime import UTC, datetime, timedelta

import pytest

from query_api.table.data_files import Bounds, Needed, covering, may_hold

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = Bounds(NOON, NOON + timedelta(hours=1), "SENSOR_003", "SENSOR_007")


@pytest.mark.parametrize(
    ("needed", "expected"),
    [
        (Needed(), True),
        (Needed(start=HOUR.event_time_max), True),
        (Needed(start=NOON + timedelta(hours=1) + SECOND), False),
        (Needed(end=NOON), False),
        (Needed(end=NOON + SECOND), True),
        (Needed(sensor_ids=("SENSOR_003",)), True),
        (Needed(sensor_ids=("SENSOR_007",)), True),
        (Needed(sensor_ids=("SENSOR_002", "SENSOR_008")), False),
        (Needed(sensor_ids=("SENSOR_002", "SENSOR_005")), True),
    ],
)
def test_a_file_is_read_only_if_it_may_hold_what_is_needed(needed: Needed, expected: bool) -> None:
    assert may_hold(HOUR, needed) is expected


def test_a_file_of_unknown_content_is_always_read() -> None:
    assert may_hold(Bounds(), Needed(start=NOON, end=NOON + SECOND, sensor_ids=("A",)))


def test_bounds_of_several_files_cover_all_and_are_unknown_if_one_is() -> None:
    later = Bounds(NOON + SECOND, NOON + timedelta(hours=2), "SENSOR_001", "SENSOR_004")
    assert covering([HOUR, later]) == Bounds(NOON, NOON + timedelta(hours=2), "SENSOR_001", "SENSOR_007")
    assert covering([HOUR, Bounds()]) == Bounds()
