"""`iotctl up`: check, install, initialise, start, wait until all is ready; each part as soon as it can."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from rich.console import Console

from iotctl import down, graph, logs, orphans, preflight, readiness, supervisor
from iotctl.environment import SIMULATOR_KEY
from iotctl.errors import IotctlError
from iotctl.graph import CancelledError, Task
from iotctl.initialise import hdfs, kafka, metastore, postgres, secrets
from iotctl.install import frontend, jars, venvs
from iotctl.postgres_place import system_user_exists
from iotctl.programs import BY_NAME, COMPONENTS, PROGRAMS, Program
from iotctl.retention import check_retention, measure
from iotctl.stack import Stack
from iotctl.steps import Steps
from iotctl.supervisor import ProcessState, Supervisor

POLL_S = 0.2
RESTARTS_UNTIL_GIVEN_UP = 3


class Up:
    """One run of `up`."""

    def __init__(self, stack: Stack, console: Console, only_infra: bool) -> None:
        self._stack = stack
        self._settings = stack.settings
        self._state = stack.settings.state
        self._console = console
        self._steps = Steps(console)
        self._programs = COMPONENTS if only_infra else PROGRAMS
        self._cancelled = threading.Event()

    def run(self) -> None:
        """Bring the stack up; raise IotctlError with part, reason and remedy when something stands in the way."""
        venvs.link_iotctl()
        self._heal_and_restart_if_settings_changed()
        self._preflight()
        with self._steps:
            self._launch_supervisor()
            graph.run(self._tasks(), self._cancelled)

    def _heal_and_restart_if_settings_changed(self) -> None:
        running = Supervisor(self._state).is_running()
        if not running:
            left = orphans.end_all(self._state, self._stack.postgres)
            if left:
                self._console.print(f"ended what an earlier run left behind: {', '.join(left)}")
        elif changed := self._stack.changed_settings():
            self._console.print(f"settings changed ({', '.join(changed)}): restarting the stack")
            down.stop_all(self._stack, self._console)

    def _preflight(self) -> None:
        findings = check_machine(self._stack, self._programs, self._running())
        if findings:
            lines = "\n".join(f"- {finding.problem}\n  remedy: {finding.remedy}" for finding in findings)
            raise IotctlError("preflight", "this machine is not ready", "see the remedies above", log_tail=lines)
        for finding in check_retention(measure(self._state.data / "kafka"), preflight.free_bytes(self._state.root)):
            self._console.print(f"[yellow]warning[/]: {finding.problem}\n  remedy: {finding.remedy}", highlight=False)

    def _running(self) -> dict[str, ProcessState]:
        daemon = Supervisor(self._state)
        return daemon.processes() if daemon.is_running() else {}

    def _launch_supervisor(self) -> None:
        if Supervisor(self._state).is_running():
            return
        for folder in (self._state.logs, self._state.pids, self._state.run, self._state.data):
            folder.mkdir(parents=True, exist_ok=True)
        secrets.ensure(self._state)
        shutil.rmtree(self._state.pids)
        self._state.pids.mkdir()
        postgres.ensure_user(self._stack.postgres)
        supervisor.launch(self._state, self._stack.environment)
        self._stack.remember_environment()

    def _tasks(self) -> list[Task]:
        tasks = [*self._component_tasks()]
        if self._programs is not COMPONENTS:
            tasks += self._service_tasks()
        return tasks

    def _component_tasks(self) -> list[Task]:
        environment, settings = self._stack.environment, self._settings
        return [
            Task("runtime", self._install("Java, PostgreSQL, Node", venvs.RUNTIME, venvs.install_runtime)),
            Task("jars", lambda: jars.install(self._steps)),
            Task("init postgres", lambda: postgres.initialise(settings, self._stack.postgres), ("runtime",)),
            Task("init hdfs", lambda: hdfs.initialise(environment), ("runtime", "jars")),
            Task("init kafka", lambda: kafka.initialise(environment), ("runtime", "jars")),
            self._start("postgres", "init postgres"),
            self._start("namenode", "init hdfs"),
            self._start("datanode", "init hdfs"),
            self._start("checkpointer"),
            self._start("kafka", "init kafka"),
            Task("init metastore", lambda: metastore.initialise(settings, environment), ("postgres", "jars")),
            self._start("metastore", "init metastore"),
            Task("topics", self._topics, ("kafka",)),
            Task("folders", self._folders, ("namenode", "datanode")),
        ]

    def _service_tasks(self) -> list[Task]:
        tasks = [Task("page", self._page, ("runtime",)), Task("simulator's key", self._simulator_key, ("topics",))]
        for program in self._programs:
            if program.kind == "service":
                venv = venvs.service_venv(program.name)
                install = self._install(f"environment of {program.name}", venv, partial(venvs.install_service, venv))
                tasks.append(Task(f"venv {program.name}", install))
                extra = {"dashboard": ("page",), "simulator": ("simulator's key",)}.get(program.name, ())
                tasks.append(self._start(program.name, f"venv {program.name}", "topics", "folders", *extra))
        return tasks

    def _install(self, what: str, venv: venvs.Venv, work: Callable[[], None]) -> Callable[[], None]:
        def install() -> None:
            if venvs.is_installed(venv):
                work()
                return
            with self._steps.step(f"{what}: installing", f"{what} installed"):
                work()

        return install

    def _page(self) -> None:
        with self._steps.step("dashboard's page: building", "dashboard's page"):
            frontend.build()

    def _topics(self) -> None:
        from iotctl.topics import ensure_topics  # 0.3 s of import, needed here alone

        made = ensure_topics(self._settings)
        if made:
            self._steps.say(f"[green]✓[/] topics made: {', '.join(made)}")

    def _simulator_key(self) -> None:
        if self._settings.asks_for_keys and not self._state.secret(SIMULATOR_KEY).exists():
            from iotctl.keys import new_key  # like topics: only needed here
            from iotctl.keys_topic import KeysTopic

            key, token = new_key("simulator", ("write",), None, datetime.now(UTC))
            KeysTopic.of_this_stack().put(key)
            secrets.write(self._state, SIMULATOR_KEY, token)
            self._steps.say(f"[green]✓[/] API key of the simulator made ({key.key_id})")

    def _folders(self) -> None:
        hdfs.ensure_folders(self._settings, self._stack.user)

    def _start(self, name: str, *more_needs: str) -> Task:
        program = BY_NAME[name]
        return Task(name, lambda: self._start_and_wait(program), (*program.needs, *more_needs))

    def _start_and_wait(self, program: Program) -> None:
        daemon = Supervisor(self._state)
        probe = readiness.probe_of(program)
        if daemon.processes()[program.name].is_up and probe(self._settings) is None:
            self._steps.say(f"[green]✓[/] {program.name} [dim]runs already[/]")
            return
        with self._steps.step(f"{program.name}: starting", f"{program.name} ready"):
            log_bytes = logs.size(self._state.log(program.name))
            daemon.start(program.name)
            self._wait(program, daemon, probe, log_bytes)

    def _wait(self, program: Program, daemon: Supervisor, probe: readiness.Probe, log_bytes: int) -> None:
        deadline = time.monotonic() + program.ready_within_s
        pids: set[int] = set()
        while True:
            process = daemon.processes()[program.name]
            pids.add(process.pid)
            reason = probe(self._settings) if process.is_up else f"its process ended ({process.state})"
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
                    log_tail=logs.readable(logs.tail(self._state.log(program.name), after_bytes=log_bytes)),
                )


def check_machine(
    stack: Stack, programs: tuple[Program, ...], running: dict[str, ProcessState]
) -> list[preflight.Finding]:
    """Return everything that stands in the way of these programs on this machine."""
    settings = stack.settings
    starting = [program for program in programs if not (program.name in running and running[program.name].is_up)]
    if not starting:
        return []
    ports = {
        f"{name}_PORT": (settings.bind_host_of(name), settings.port(name))
        for program in starting
        for name in program.ports
    }
    return [
        *preflight.check_disk(settings.state.root, preflight.free_bytes(settings.state.root)),
        *preflight.check_memory(preflight.memory_bytes()),
        *preflight.check_java(settings.java_home),
        *preflight.check_postgres_user(stack.postgres, system_user_exists(), shutil.which("useradd") is not None),
        *preflight.check_ports(ports, preflight.port_holder),
    ]
