"""What a killed supervisord left behind is found by identity, not by number or name alone."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.postgres_layout import PostgresLayout
from runtimes.native import orphans
from stack.paths import INFRA, StatePaths

WAITS = [sys.executable, "-c", "import time; print('on', flush=True); time.sleep(600)"]


@pytest.fixture
def state(tmp_path: Path) -> StatePaths:
    paths = StatePaths(tmp_path)
    paths.pids.mkdir()
    return paths


@pytest.fixture
def place(tmp_path: Path) -> PostgresLayout:
    return PostgresLayout(tmp_path, tmp_path, tmp_path / "postgres", None)


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    """A process that leads a group of its own, as supervised programs do."""
    with subprocess.Popen(WAITS, stdout=subprocess.PIPE, text=True, start_new_session=True) as started:
        assert started.stdout is not None
        started.stdout.readline()
        yield started
        started.kill()


def test_a_recorded_process_is_ended(state: StatePaths, place: PostgresLayout, process: subprocess.Popen[str]) -> None:
    orphans.record(state, "kafka", process.pid)
    assert orphans.end_all(state, place) == ["kafka"]
    assert process.wait(timeout=10) != 0


def test_another_process_with_a_recorded_number_is_left_alone(
    state: StatePaths, place: PostgresLayout, process: subprocess.Popen[str]
) -> None:
    (state.pids / "kafka").write_text(f"{process.pid} 1\n")
    assert orphans.end_all(state, place) == []
    assert process.poll() is None


def test_a_record_that_a_crash_cut_short_is_left_out(state: StatePaths) -> None:
    (state.pids / "kafka").write_text("")
    assert orphans.recorded(state) == []


def test_a_server_of_another_folder_is_left_alone(place: PostgresLayout, process: subprocess.Popen[str]) -> None:
    place.data_dir.mkdir()
    (place.data_dir / "postmaster.pid").write_text(f"{process.pid}\n{place.data_dir}\n")
    assert orphans.postgres_record(place) == []


def test_the_start_script_records_what_orphans_read(state: StatePaths) -> None:
    command = [str(INFRA / "runtimes" / "native" / "run"), "kafka", *WAITS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={"IOT_PIDS_DIR": str(state.pids)}) as started:
        assert started.stdout is not None
        started.stdout.readline()
        (found,) = orphans.recorded(state)
        assert (found.name, found.pid, found.is_alive()) == ("kafka", started.pid, True)
        started.kill()
    assert not found.is_alive()
