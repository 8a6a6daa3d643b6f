"""Stopping a stack: every program after those that need it, then the supervisor, and nothing is left behind."""

from __future__ import annotations

import shutil
from functools import partial

from rich.console import Console

from components.component import Host
from components.registry import PROCESSES, needed_by
from runtimes.native import orphans
from runtimes.native.supervisor import Supervisor
from runtimes.started_with import StartedWith
from runtimes.tasks import Task, run
from stack.paths import StatePaths
from stack.steps import Steps


def stop_all(host: Host, started_with: StartedWith, console: Console) -> None:
    """Stop a stack; what a killed supervisord left behind is found by its record and ended too."""
    state = host.settings.state
    daemon = Supervisor(state)
    if daemon.is_running():
        with Steps(console) as steps:
            run(_stop_tasks(state, steps))
        daemon.shutdown()
    left = orphans.end_all(state, host.postgres)
    if left:
        console.print(f"ended what an earlier run left behind: {', '.join(left)}")
    started_with.forget()
    (state.run / "supervisord.pid").unlink(missing_ok=True)
    for folder in (state.socket.parent, state.pids):
        shutil.rmtree(folder, ignore_errors=True)


def _stop_tasks(state: StatePaths, steps: Steps) -> list[Task]:
    up = {name for name, process in Supervisor(state).processes().items() if process.state != "STOPPED"}

    def stop(name: str) -> None:
        if name in up:
            with steps.step(f"{name}: stopping", f"{name} stopped"):
                Supervisor(state).stop(name)

    return [Task(program.name, partial(stop, program.name), needed_by(program.name)) for program in PROCESSES]
