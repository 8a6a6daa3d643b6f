"""`iotctl down`: stop every program after those that need it, then the supervisor, and leave nothing behind."""

from __future__ import annotations

import shutil
from functools import partial

from rich.console import Console

from iotctl import graph, orphans
from iotctl.graph import Task
from iotctl.programs import PROGRAMS, needed_by
from iotctl.stack import Stack
from iotctl.steps import Steps
from iotctl.supervisor import Supervisor


def stop_all(stack: Stack, console: Console) -> None:
    """Stop a stack; what a killed supervisord left behind is found by its record and ended too."""
    state = stack.settings.state
    daemon = Supervisor(state)
    if daemon.is_running():
        with Steps(console) as steps:
            graph.run(_stop_tasks(stack, steps))
        daemon.shutdown()
    left = orphans.end_all(state, stack.postgres)
    if left:
        console.print(f"ended what an earlier run left behind: {', '.join(left)}")
    for path in (stack.environment_file, state.run / "supervisord.pid"):
        path.unlink(missing_ok=True)
    for folder in (state.socket.parent, state.pids):
        shutil.rmtree(folder, ignore_errors=True)


def _stop_tasks(stack: Stack, steps: Steps) -> list[Task]:
    up = {name for name, process in Supervisor(stack.settings.state).processes().items() if process.state != "STOPPED"}

    def stop(name: str) -> None:
        if name in up:
            with steps.step(f"{name}: stopping", f"{name} stopped"):
                Supervisor(stack.settings.state).stop(name)

    return [Task(program.name, partial(stop, program.name), needed_by(program.name)) for program in PROGRAMS]
