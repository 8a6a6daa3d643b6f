"""The stack as processes of this machine."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import tarfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Console

from components import probes
from components.component import Component, Host
from components.postgres_layout import SYSTEM_HOME, ensure_user, postgres_layout, take_over
from components.registry import OPTIONAL, PROGRAMS
from components.stream_processor import STREAM_PROCESSOR
from runtimes import backup, logs, usage
from runtimes.native import down
from runtimes.native.environment import HANDED_ON, stack_environment
from runtimes.native.supervisor import Supervisor
from runtimes.native.up import Up
from runtimes.protocol import Job, ProgramState, Usage
from runtimes.started_with import StartedWith
from stack import secrets
from stack.paths import INFRA, venv_python
from stack.settings import Settings

# 2026-11-26 01:37:53,181 INFO exited: kafka (terminated by SIGKILL; not expected)
_EXIT = re.compile(r"^(\S+ \S+),\d+ \w+ exited: (\S+) \(.*not expected\)", re.MULTILINE)
SUPERVISOR = "supervisord"


@dataclass(frozen=True)
class NativeRuntime:
    """Processes kept alive by supervisord. See Runtime for what each method does."""

    host: Host
    started_with: StartedWith
    extras: tuple[str, ...] = ()
    name: str = "native"

    @classmethod
    def of(cls, settings: Settings, outer: Mapping[str, str], extras: tuple[str, ...] = ()) -> NativeRuntime:
        """Return the stack of these settings; touches nothing. `outer` is the environment of whoever asks."""
        host = Host(settings, postgres_layout(settings), getpass.getuser())
        file = settings.state.run / "environment.json"
        return cls(host, StartedWith(file, stack_environment(host, outer), HANDED_ON), extras)

    @property
    def settings(self) -> Settings:
        """The settings of the stack."""
        return self.host.settings

    @property
    def programs(self) -> tuple[Component, ...]:
        """Those of every stack, and what was asked for."""
        return (*PROGRAMS, *(OPTIONAL[word] for word in self.extras))

    @property
    def hdfs_user(self) -> str:
        """Whoever runs the stack."""
        return self.host.user

    @property
    def runs_what_is_installed(self) -> bool:
        """They do."""
        return True

    @property
    def _supervisor(self) -> Supervisor:
        return Supervisor(self.settings.state)

    def up(self, console: Console, only_infra: bool) -> None:
        """Bring it up."""
        programs = tuple(one for one in self.programs if one.kind == "component" or not only_infra)
        Up(self.host, self.started_with, console, programs).run()

    def down(self, console: Console) -> None:
        """Stop it."""
        down.stop_all(self.host, self.started_with, console)

    def delete_data(self) -> None:
        """Delete the folders that were made in the state folder, and PostgreSQL's where it lives elsewhere."""
        state = self.settings.state
        for folder in (state.data, state.logs, state.secrets, state.pids, state.run):
            shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(SYSTEM_HOME / state.stack_id, ignore_errors=True)

    def states(self) -> Mapping[str, ProgramState]:
        """Ask supervisord."""
        return self._supervisor.processes() if self._supervisor.is_running() else {}

    def reason(self, program: Component) -> str | None:
        """Ask the program."""
        return probes.ask(program, self.settings)

    def usages(self, seconds: float) -> Mapping[str, Usage]:
        """Measure the process trees of all programs and of supervisord."""
        roots = {name: process.pid for name, process in self._supervisor.processes().items() if process.pid}
        return usage.measure({**roots, SUPERVISOR: self._supervisor.pid()}, seconds)

    def start(self, program: str) -> None:
        """Start a program."""
        self._supervisor.start(program)

    def stop(self, program: str) -> None:
        """Stop a program."""
        self._supervisor.stop(program)

    def log_tail(self, program: str, lines: int) -> str:
        """Read the program's file."""
        return logs.tail(self.settings.state.log(program), lines)

    def follow_log(self, program: str, lines: int) -> None:
        """Become `tail -F`, which goes on over rotations."""
        logs.follow(self.settings.state.log(program), lines)

    def become_client(self, program: Component, arguments: Sequence[str]) -> None:
        """Become its script, in the environment of the stack."""
        environment = {**os.environ, **self.started_with.environment, **program.own_environment}
        os.execve(INFRA / program.client, [program.client, *arguments], environment)

    def job(self, module: str, arguments: Sequence[str], folder: Path | None = None) -> Job:
        """With what the running stream processor was started with."""
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
        command = ("nice", "-n", "10", str(venv_python(STREAM_PROCESSOR.name)), "-m", module, *arguments)
        return Job(command, {**self.started_with.remembered(), **STREAM_PROCESSOR.own_environment})

    def backup(self, file: Path) -> None:
        """Archive the folders."""
        state = self.settings.state
        with tarfile.open(file, "w") as archive:
            for name in backup.names():
                folder = self.host.postgres.data_dir if name == "postgres" else state.data / name
                if folder.exists():
                    archive.add(folder, arcname=name)
        passwords = {name: secrets.read(state, name) for name in secrets.NAMES}
        backup.add_manifest_and_secrets(file, self.name, passwords)

    def restore(self, file: Path) -> None:
        """Unpack the folders, PostgreSQL's as its own user's."""
        _, passwords = backup.read_manifest(file)
        state, layout = self.settings.state, self.host.postgres
        state.secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, password in passwords.items():
            secrets.write(state, name, password)
        ensure_user(layout)
        with tarfile.open(file) as archive:
            for member in archive:
                top = member.name.partition("/")[0]
                if top in backup.names():
                    archive.extract(member, layout.data_dir.parent if top == "postgres" else state.data, filter="data")
        take_over(layout)

    def changed_settings(self) -> list[str]:
        """Compare with what was written down at the start."""
        return self.started_with.changed()

    def unexpected_ends(self, since: datetime) -> Counter[str]:
        """Read supervisord's log."""
        log = self.settings.state.log(SUPERVISOR)
        return exits_since(log.read_text(errors="replace") if log.exists() else "", since)


def exits_since(log: str, since: datetime) -> Counter[str]:
    """Count, by program, the unexpected ends that supervisord's log tells of (in local time)."""
    ends = ((datetime.strptime(time, "%Y-%m-%d %H:%M:%S"), name) for time, name in _EXIT.findall(log))
    return Counter(name for at, name in ends if at >= since)
