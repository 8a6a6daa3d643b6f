"""Whether the disk holds what the topics may keep."""

import os
from datetime import timedelta
from pathlib import Path

import msgspec

from iot_contracts.topics import IOT_API_KEYS, IOT_COMMITS, IOT_DLQ, IOT_SENSORS
from runtimes.retention import DAY_S, GIB, Kept, check_retention, measure

WEEK_S = 7 * DAY_S
WEEKLY = msgspec.structs.replace(IOT_SENSORS, retention=timedelta(days=7))
NOW_S = 1_800_000_000.0


def test_a_disk_that_holds_the_whole_retention_is_enough() -> None:
    kept = Kept(WEEKLY, bytes_now=1 * GIB, bytes_per_s=10 * GIB / WEEK_S)
    assert kept.bytes_needed == 10 * GIB
    assert check_retention([kept], free_bytes=9 * GIB) == []


def test_a_disk_that_fills_up_within_the_retention_is_said_with_its_figures() -> None:
    kept = Kept(WEEKLY, bytes_now=1 * GIB, bytes_per_s=1024 * GIB / WEEK_S)
    (finding,) = check_retention([kept], free_bytes=75 * GIB)
    assert "need 1023.0 GiB more" in finding.problem
    assert "75.0 GiB are free: the disk is full in 12.3 hours" in finding.problem
    assert "iot-sensors alone takes 6.10 GiB an hour and is kept for 7.0 days" in finding.problem


def test_topics_are_judged_together() -> None:
    each = [Kept(WEEKLY, 0, 10 * GIB / WEEK_S), Kept(msgspec.structs.replace(IOT_DLQ), 0, 5 * GIB / WEEK_S)]
    assert check_retention(each, free_bytes=20 * GIB) == []
    assert check_retention(each, free_bytes=19 * GIB)


def test_a_bound_in_bytes_bounds_what_is_needed() -> None:
    assert Kept(IOT_COMMITS, 0, bytes_per_s=1e9).bytes_needed == IOT_COMMITS.retention_bytes


def test_a_topic_that_is_kept_for_ever_needs_what_it_has() -> None:
    assert Kept(IOT_API_KEYS, 5, bytes_per_s=1e9).bytes_needed == 5


def segment(data: Path, name: str, size: int, age_s: float) -> None:
    file = data / name
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as content:
        content.truncate(size)
    os.utime(file, (NOW_S - age_s, NOW_S - age_s))


def test_the_rate_is_that_of_the_last_day(tmp_path: Path) -> None:
    segment(tmp_path, "iot-sensors-0/partition.metadata", 1, 30 * DAY_S)
    segment(tmp_path, "iot-sensors-0/00000000000000000000.log", 1000, 3 * DAY_S)
    segment(tmp_path, "iot-sensors-1/00000000000000000000.log", 500, 60)
    (kept,) = measure(tmp_path, [IOT_SENSORS], NOW_S)
    assert (kept.bytes_now, kept.bytes_per_s) == (1500, 500 / DAY_S)


def test_a_young_topic_is_measured_over_its_life_and_a_new_one_not_at_all(tmp_path: Path) -> None:
    segment(tmp_path, "iot-sensors-0/partition.metadata", 1, 1200)
    segment(tmp_path, "iot-sensors-0/00000000000000000000.log", 1200, 0)
    assert measure(tmp_path, [IOT_SENSORS], NOW_S)[0].bytes_per_s == 1.0
    segment(tmp_path, "iot-sensors-0/partition.metadata", 1, 60)
    assert measure(tmp_path, [IOT_SENSORS], NOW_S)[0].bytes_per_s == 0.0


def test_a_stack_without_data_needs_nothing(tmp_path: Path) -> None:
    assert check_retention(measure(tmp_path / "nowhere"), free_bytes=0) == []


def test_no_topic_whose_messages_have_to_be_read_is_bound_in_bytes() -> None:
    assert IOT_SENSORS.config()["retention.bytes"] == "-1"
    assert IOT_DLQ.config()["retention.bytes"] == "-1"
