"""Finds and ends what a killed supervisord left behind, by recorded identity: pid and start time."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from components.postgres_layout import PostgresLayout
from stack.paths import StatePaths

TERM_WITHIN_S = 20.0
_START_TIME_FIELD = 19  # of /proc/PID/stat, counted after the command's closing bracket


@dataclass(frozen=True)
class Recorded:
    """A process as it was written down when it started."""

    name: str
    pid: int
    start_time: str

    def is_alive(self) -> bool:
        """Tell whether this very process (not another one with its number) still runs."""
        return start_time(self.pid) == self.start_time


def start_time(pid: int) -> str | None:
    """Return a process's start time in clock ticks since boot, or None when it is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[_START_TIME_FIELD]


def record(state: StatePaths, name: str, pid: int) -> None:
    """Write a process down."""
    (state.pids / name).write_text(f"{pid} {start_time(pid)}\n")


def recorded(state: StatePaths) -> list[Recorded]:
    """Return every process written down; records that a crash cut short are left out."""
    found = []
    for path in sorted(state.pids.glob("*")) if state.pids.exists() else []:
        fields = path.read_text().split()
        if len(fields) == 2 and fields[0].isdigit():
            found.append(Recorded(path.name, int(fields[0]), fields[1]))
    return found


def postgres_record(layout: PostgresLayout) -> list[Recorded]:
    """Return the server that PostgreSQL's own lock file names, if it serves this very data folder."""
    try:
        lines = (layout.data_dir / "postmaster.pid").read_text().splitlines()
        pid = int(lines[0])
        serves_us = Path(f"/proc/{pid}/cwd").resolve() == layout.data_dir.resolve()
    except (OSError, ValueError, IndexError):
        return []
    started = start_time(pid)
    return [Recorded("postgres", pid, started)] if serves_us and started else []


def end_all(state: StatePaths, layout: PostgresLayout) -> list[str]:
    """End every recorded process that is still alive; return the names of those that were."""
    alive = [one for one in [*recorded(state), *postgres_record(layout)] if one.is_alive()]
    # supervisord first, or it would start again what is being stopped.
    for one in sorted(alive, key=lambda one: one.name != "supervisord"):
        _signal(one, signal.SIGINT if one.name == "postgres" else signal.SIGTERM)
    _wait_until_gone(alive)
    for one in alive:
        if one.is_alive():
            _signal(one, signal.SIGKILL)
    _wait_until_gone(alive)
    return [one.name for one in alive]


def _signal(one: Recorded, number: signal.Signals) -> None:
    """Signal a process and its group (every program leads a group of its own)."""
    with contextlib.suppress(ProcessLookupError):
        if os.getpgid(one.pid) == one.pid and one.name != "postgres":
            os.killpg(one.pid, number)
        else:
            os.kill(one.pid, number)


def _wait_until_gone(processes: Iterable[Recorded]) -> None:
    deadline = time.monotonic() + TERM_WITHIN_S
    for one in processes:
        while one.is_alive() and time.monotonic() < deadline:
            time.sleep(0.02)
