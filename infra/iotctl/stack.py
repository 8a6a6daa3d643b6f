"""One stack as the commands see it: settings, where PostgreSQL lives, the environment of its programs."""

from __future__ import annotations

import fcntl
import getpass
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from iotctl import settings as settings_module
from iotctl.environment import HANDED_ON, stack_environment
from iotctl.paths import LOCAL
from iotctl.postgres_place import PostgresPlace, postgres_place
from iotctl.settings import Settings


@dataclass(frozen=True)
class Stack:
    """One stack. Building it reads `.env` and touches nothing."""

    settings: Settings
    postgres: PostgresPlace
    user: str
    environment: Mapping[str, str]

    @property
    def environment_file(self) -> Path:
        """Return where the environment of the running programs is written down."""
        return self.settings.state.run / "environment.json"

    def changed_settings(self) -> list[str]:
        """Return which variables differ from those that the running programs were started with."""
        if not self.environment_file.exists():
            return []
        before = json.loads(self.environment_file.read_text())
        names = (before.keys() | self.environment.keys()) - set(HANDED_ON)
        return sorted(name for name in names if before.get(name) != self.environment.get(name))

    def remember_environment(self) -> None:
        """Write down with which environment the programs are started."""
        self.environment_file.write_text(json.dumps(dict(self.environment), indent=1, sort_keys=True))


def load(outer: Mapping[str, str] | None = None) -> Stack:
    """Build the stack that `.env` and the environment describe."""
    outer = os.environ if outer is None else outer
    settings = settings_module.load(outer)
    place = postgres_place(settings)
    user = getpass.getuser()
    return Stack(settings, place, user, stack_environment(settings, place, user, outer))


@contextmanager
def alone(folder: Path = LOCAL) -> Iterator[None]:
    """Let one command at a time install, start or stop; a second one waits."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "iotctl.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
