"""Starting a stack: check, install, initialise, start, wait until all is ready; each part as soon as it can."""

from __future__ import annotations

import shutil
import threading
import time
from functools import partial

from rich.console import Console

from components import probes
from components.component import Component, Host, Step
from components.postgres_layout import check_data_can_be_reached, ensure_user, system_user_exists
from components.registry import BY_NAME, OPTIONAL, PROCESSES
from install import parts
from runtimes import preflight
from runtimes.logs import readable, size, tail
from runtimes.native import down, orphans, supervisor
from runtimes.native.programs_conf import programs_conf
from runtimes.native.supervisor import Supervisor
from runtimes.protocol import ProgramState
from runtimes.retention import check_retention, measure
from runtimes.started_with import StartedWith
from runtimes.tasks import CancelledError, Task, run
from stack import secrets
from stack.errors import IotctlError
from stack.steps import Steps

POLL_S = 0.2
RESTARTS_UNTIL_GIVEN_UP = 3


class Up:
    """One run of `up`."""

    def __init__(
        self, host: Host, started_with: StartedWith, console: Console, programs: tuple[Component, ...]
    ) -> None:
        self._host = host
        self._settings = host.settings
        self._state = host.settings.state
        self._started_with = started_with
        self._console = console
        self._steps = Steps(console)
        self._programs = programs
        self._cancelled = threading.Event()

    def run(self) -> None:
        """Bring the stack up; raise IotctlError with part, reason and remedy when something stands in the way."""
        self._heal_and_restart_if_settings_changed()
        preflight.require(self._findings())
        kept = measure(self._state.data / "kafka")
        for finding in check_retention(kept, preflight.free_bytes(self._state.root)):
            self._console.print(f"[yellow]warning[/]: {finding.problem}\n  remedy: {finding.remedy}", highlight=False)
        with self._steps:
            self._launch_supervisor()
            self._stop_what_is_asked_for_no_more()
            run(self.tasks(), self._cancelled)

    def _heal_and_restart_if_settings_changed(self) -> None:
        if not Supervisor(self._state).is_running():
            left = orphans.end_all(self._state, self._host.postgres)
            if left:
                self._console.print(f"ended what an earlier run left behind: {', '.join(left)}")
        elif changed := self._started_with.changed():
            self._console.print(f"settings changed ({', '.join(changed)}): restarting the stack")
            down.stop_all(self._host, self._started_with, self._console)

    def _findings(self) -> list[preflight.Finding]:
        daemon = Supervisor(self._state)
        return check_machine(self._host, self._programs, daemon.processes() if daemon.is_running() else {})

    def _launch_supervisor(self) -> None:
        if Supervisor(self._state).is_running():
            return
        for folder in (self._state.logs, self._state.pids, self._state.run, self._state.data):
            folder.mkdir(parents=True, exist_ok=True)
        secrets.ensure(self._state)
        shutil.rmtree(self._state.pids)
        self._state.pids.mkdir()
        ensure_user(self._host.postgres)
        check_data_can_be_reached(self._host.postgres)
        (self._state.run / "programs.conf").write_text(programs_conf(PROCESSES, self._host))
        supervisor.launch(self._state, self._started_with.environment)
        self._started_with.remember()

    def _stop_what_is_asked_for_no_more(self) -> None:
        daemon = Supervisor(self._state)
        for program in OPTIONAL.values():
            if program in PROCESSES and program not in self._programs and daemon.processes()[program.name].is_up:
                with self._steps.step(f"{program.name}: stopping", f"{program.name} stopped"):
                    daemon.stop(program.name)

    def tasks(self) -> list[Task]:
        """Return what is to be done: install, initialise and start each program, prepare it for those that need it."""
        wanted = dict.fromkeys(name for program in self._programs for name in program.installed)
        prepared = tuple(_prepare(program) for program in self._programs if program.prepare)
        tasks = [
            Task(_install(name), partial(parts.install, name, self._steps), tuple(map(_install, parts.needs(name))))
            for name in wanted
        ]
        for program in self._programs:
            first = [_initialise(BY_NAME[name]) for name in program.starts_after_initialising]
            installed = tuple(map(_install, program.installed))
            if program.initialise:
                first.append(_initialise(program))
                tasks.append(self._step(_initialise(program), program.initialise, installed))
            if program.prepare:
                tasks.append(self._step(_prepare(program), program.prepare, ()))
            needs = (*program.needs, *installed, *first, *(prepared if program.kind == "service" else ()))
            tasks.append(Task(program.name, partial(self._start_and_wait, program), needs))
        return tasks

    def _step(self, name: str, step: Step, more_needs: tuple[str, ...]) -> Task:
        def work() -> None:
            done = step.work(self._host, self._started_with.environment)
            if done:
                self._steps.say(f"[green]✓[/] {done}")

        return Task(name, work, (*step.needs, *more_needs))

    def _start_and_wait(self, program: Component) -> None:
        daemon = Supervisor(self._state)
        if daemon.processes()[program.name].is_up and probes.ask(program, self._settings) is None:
            self._steps.say(f"[green]✓[/] {program.name} [dim]runs already[/]")
            return
        with self._steps.step(f"{program.name}: starting", f"{program.name} ready"):
            log_bytes = size(self._state.log(program.name))
            daemon.start(program.name)
            self._wait(program, daemon, log_bytes)

    def _wait(self, program: Component, daemon: Supervisor, log_bytes: int) -> None:
        deadline = time.monotonic() + program.ready_within_s
        pids: set[int] = set()
        while True:
            process = daemon.processes()[program.name]
            pids.add(process.pid)
            reason = probes.ask(program, self._settings) if process.is_up else f"its process ended ({process.state})"
            if reason is None:
                return
            if self._cancelled.wait(POLL_S):
                raise CancelledError
            ended_too_often = len(pids - {0}) > RESTARTS_UNTIL_GIVEN_UP or process.state == "FATAL"
            if ended_too_often or time.monotonic() > deadline:
                raise IotctlError(
                    program.name,
                    reason if not ended_too_often else f"its process ends again and again ({process.state})",
                    f"see its log above (all of it: make logs SERVICE={program.name}), correct it, then make up again",
                    log_tail=readable(tail(self._state.log(program.name), after_bytes=log_bytes)),
                )


def _install(name: str) -> str:
    return f"install {name}"


def _initialise(program: Component) -> str:
    return f"initialise {program.name}"


def _prepare(program: Component) -> str:
    return f"prepare {program.name}"


def check_machine(
    host: Host, programs: tuple[Component, ...], running: dict[str, ProgramState]
) -> list[preflight.Finding]:
    """Return everything that stands in the way of these programs on this machine."""
    settings = host.settings
    starting = [program for program in programs if not (program.name in running and running[program.name].is_up)]
    if not starting:
        return []
    return [
        *preflight.check_disk(settings.state.root, preflight.free_bytes(settings.state.root)),
        *preflight.check_memory(preflight.memory_bytes()),
        *preflight.check_keys(settings, programs),
        *preflight.check_java(settings.java_home),
        *preflight.check_postgres_user(host.postgres, system_user_exists(), shutil.which("useradd") is not None),
        *preflight.check_ports(preflight.ports_of(settings, starting), preflight.port_holder),
    ]
