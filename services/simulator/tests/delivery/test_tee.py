import json
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from iot_contracts.readings import Reading
from simulator.delivery.tee import Tee
from simulator.errors import ConfigurationError

Make = Callable[..., list[Reading]]


def now() -> datetime:
    return datetime.now(UTC)


def values(directory: Path) -> list[list[float]]:
    return [[item["value"] for item in json.loads(path.read_text())] for path in sorted(directory.iterdir())]


@contextmanager
def full_disk(size: int = 8192) -> Iterator[None]:
    """The system takes no file of this process beyond `size` bytes: some fifty readings, and any line of the log."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_the_file_is_a_complete_array_after_each_write(make_readings: Make, tmp_path: Path) -> None:
    tee = Tee(tmp_path, now)
    for start in range(0, 6, 2):
        tee.write(make_readings(2, start))
        assert values(tmp_path) == [[float(number) for number in range(start + 2)]]
    tee.close()
    [path] = tmp_path.iterdir()
    assert path.match("iot_data_*.json")


def test_the_next_file_begins_when_one_is_full(make_readings: Make, tmp_path: Path) -> None:
    tee = Tee(tmp_path, now, max_readings=3)
    tee.write(make_readings(2))
    tee.write(make_readings(6, 2))
    tee.close()
    assert values(tmp_path) == [[0, 1, 2], [3, 4, 5], [6, 7]]


def test_a_second_run_leaves_the_first_one_s_files_alone(make_readings: Make, tmp_path: Path) -> None:
    for run in range(2):
        tee = Tee(tmp_path, now)
        tee.write(make_readings(1, run))
        tee.close()
    assert values(tmp_path) == [[0], [1]]


def test_a_full_disk_costs_what_does_not_fit_and_leaves_a_complete_array(make_readings: Make, tmp_path: Path) -> None:
    tee = Tee(tmp_path, now)
    with full_disk():
        tee.write(make_readings(2))
        tee.write(make_readings(60, 2))
        assert values(tmp_path) == [[0, 1]]
    tee.write(make_readings(1, 30))
    tee.close()
    assert values(tmp_path) == [[0, 1, 30]]


def test_a_disk_that_is_full_from_the_start_is_tried_again(make_readings: Make, tmp_path: Path) -> None:
    tee = Tee(tmp_path, now)
    with full_disk():
        tee.write(make_readings(60))
    tee.write(make_readings(1, 30))
    tee.close()
    assert values(tmp_path) == [[30]]


def test_a_folder_that_can_t_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="another folder"):
        Tee(tmp_path / "file" / "folder", now)
