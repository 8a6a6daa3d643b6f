"""What the commands ask of whatever a stack runs on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from rich.console import Console

from components.component import Component
from stack.settings import Settings


@dataclass(frozen=True)
class ProgramState:
    """One program. `state` is RUNNING, STARTING, BACKOFF, FATAL, STOPPED or EXITED, in supervisord's words."""

    name: str
    state: str
    pid: int = 0
    uptime_s: float = 0.0

    @property
    def is_up(self) -> bool:
        """Tell whether there is a process."""
        return self.state in ("RUNNING", "STARTING")


@dataclass(frozen=True)
class Usage:
    """What a program took: cores over the sample, bytes at its end."""

    cpu_cores: float
    rss_bytes: int


@dataclass(frozen=True)
class Job:
    """How a module of the stream processor is run beside the stack, at low priority."""

    command: tuple[str, ...]
    environment: Mapping[str, str]


class Runtime(Protocol):
    """A stack of one kind: processes of this machine, or containers."""

    @property
    def name(self) -> str:
        """The word of RUNTIME= that chooses it."""

    @property
    def settings(self) -> Settings:
        """The settings of the stack."""

    @property
    def extras(self) -> tuple[str, ...]:
        """The words of WITH= that it was asked for, or remembers."""

    @property
    def programs(self) -> tuple[Component, ...]:
        """The programs that the stack consists of, in the order in which they are shown."""

    @property
    def hdfs_user(self) -> str:
        """The user that owns the platform's files in HDFS, as who they are read from outside."""

    @property
    def runs_what_is_installed(self) -> bool:
        """Whether programs run from `.local` and keep their data in the state folder."""

    def up(self, console: Console, only_infra: bool) -> None:
        """Install, initialise and start what is not running, and wait until it is ready. Raises IotctlError."""

    def down(self, console: Console) -> None:
        """Stop everything, each program after those that need it; data stay."""

    def delete_data(self) -> None:
        """Delete what a stopped stack keeps."""

    def states(self) -> Mapping[str, ProgramState]:
        """Return the state of every program; empty when the stack is down."""

    def reason(self, program: Component) -> str | None:
        """Return why a program that runs is not ready, or None when it is."""

    def usages(self, seconds: float) -> Mapping[str, Usage]:
        """Measure every running program over so many seconds; those of the runtime itself are among them."""

    def start(self, program: str) -> None:
        """Start a program of a running stack; does not wait until it is ready."""

    def stop(self, program: str) -> None:
        """Stop a program of a running stack and wait until it has ended."""

    def log_tail(self, program: str, lines: int) -> str:
        """Return the last lines of a program's log, or why there are none."""

    def follow_log(self, program: str, lines: int) -> None:
        """Become a process that prints a program's log as it grows, until it is interrupted."""

    def become_client(self, program: Component, arguments: Sequence[str]) -> None:
        """Become the program's own command line, on this terminal."""

    def job(self, module: str, arguments: Sequence[str], folder: Path | None = None) -> Job:
        """Return how to run a module of the stream processor with its settings.

        `folder` is one of this machine that the job finds under the same path; it is made if it is not there.
        """

    def backup(self, file: Path) -> None:
        """Write what a stopped stack keeps into a file that only its owner can read. Raises IotctlError."""

    def restore(self, file: Path) -> None:
        """Put a backup into a state folder that holds nothing. Raises IotctlError."""

    def changed_settings(self) -> list[str]:
        """Return which variables differ from those that the running programs were started with."""

    def unexpected_ends(self, since: datetime) -> Counter[str]:
        """Count by program how often one ended without being told to, since then (local time)."""
