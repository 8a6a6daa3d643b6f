"""With real processes, since the kernel is what the promise rests on."""

import os
import signal
from pathlib import Path

import pytest

from ingest_api.idempotency.worker_lock import WorkerLock


def test_a_worker_lives_until_it_has_ended(tmp_path: Path) -> None:
    with WorkerLock(tmp_path) as me, WorkerLock(tmp_path) as other:
        assert me.is_alive(me.name)
        assert me.is_alive(other.name)
        name = other.name
        other.__exit__()
        assert not me.is_alive(name)


def test_a_killed_worker_is_dead_at_once_and_leaves_nothing(tmp_path: Path) -> None:
    reading_end, writing_end = os.pipe()
    child = os.fork()
    if child == 0:
        with WorkerLock(tmp_path) as worker:
            os.write(writing_end, worker.name.encode())
            signal.pause()
    name = os.read(reading_end, 32).decode()
    with WorkerLock(tmp_path) as me:
        assert me.is_alive(name)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert not me.is_alive(name)
    with WorkerLock(tmp_path) as next_one:
        assert [path.name for path in tmp_path.iterdir()] == [next_one.name]
    os.close(reading_end)
    os.close(writing_end)


def test_an_unknown_worker_does_not_live(tmp_path: Path) -> None:
    with WorkerLock(tmp_path) as me:
        assert not me.is_alive("0" * 32)


@pytest.fixture(autouse=True)
def _no_leftovers(tmp_path: Path) -> None:
    assert not list(tmp_path.iterdir())
