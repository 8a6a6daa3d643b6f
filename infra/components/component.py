"""What a stack knows of each of its programs: everything that differs between them, in one object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from components.postgres_layout import PostgresLayout
from stack.settings import Settings

Kind = Literal["component", "service"]
Probe = Callable[[Settings], str | None]
"""Returns None when the program is ready, else the reason why not."""


@dataclass(frozen=True)
class Host:
    """The machine that programs run on without containers: the settings, PostgreSQL's folders, the person's name."""

    settings: Settings
    postgres: PostgresLayout
    user: str

    @property
    def data(self) -> Path:
        """Return where programs keep what must survive."""
        return self.settings.state.data


def _nothing(_host: Host) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class Step:
    """Work that is done before or after a program starts, each time; what is done already costs nothing.

    `needs` names the programs that must be ready for it. `work` returns what to tell the person, or None.
    """

    work: Callable[[Host, Mapping[str, str]], str | None]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Component:
    """One program of a stack.

    `needs` name what must be ready before it starts (and is stopped after it); `ports` are names of `.env` without
    `_PORT`; `installed` names environments, `runtime` (Java, PostgreSQL, Node), `jars` or `page`. One without a command
    runs in containers only.
    """

    name: str
    kind: Kind
    command: tuple[str | Path, ...]
    probe: Probe
    compose_file: str = "compose.yaml"
    """Which file of infra/compose has its container."""
    ports: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    installed: tuple[str, ...] = ()
    ready_within_s: float = 60.0
    stop_signal: str = "TERM"
    stop_within_s: int = 30
    stops_as_group: bool = True
    environment: Callable[[Host], Mapping[str, str]] = _nothing
    """What all programs of the stack find in their environment because of this one."""
    own_environment: Mapping[str, str] = field(default_factory=dict)
    """What this program alone finds in it."""
    user: Callable[[Host], str] | None = None
    initialise: Step | None = None
    """Its first data, before it starts."""
    starts_after_initialising: tuple[str, ...] = ()
    """Whose first data must be there before it starts, beside its own."""
    prepare: Step | None = None
    """What must be in it before a service uses it."""
    client: str = ""
    """Its command line, a script below `infra/` that runs in the program's environment."""
    addresses: Callable[[Settings], Mapping[str, str]] = lambda _settings: {}
    """Where people and programs find it, by what they find there."""

    @property
    def setting_prefix(self) -> str:
        """Return the name as environment variables spell it: `ingest-api` is INGEST_API."""
        return self.name.upper().replace("-", "_")

    @property
    def module(self) -> str:
        """Return the Python module of a service."""
        return self.name.replace("-", "_")
