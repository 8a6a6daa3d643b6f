"""Collects the settings: those of a stack from `.env`, those of a service from the service itself."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import msgspec

from components.component import Component
from stack.errors import IotctlError
from stack.paths import PROJECT, venv_python


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One setting, as `service_kit.describe` prints it; `default` is None when a value is demanded."""

    variable: str
    type: str
    limits: tuple[str, ...]
    default: str | None
    description: str


@dataclass(frozen=True)
class StackSetting:
    """One variable of `.env`: its meaning is the comment above it."""

    variable: str
    default: str
    meaning: str


def stack_settings(text: str) -> list[StackSetting]:
    """Read `.env`: each variable with the comment lines directly above it."""
    found: list[StackSetting] = []
    comment: list[str] = []
    for line in text.splitlines():
        if line.startswith("#"):
            comment.append(line.removeprefix("#").strip())
            continue
        if match := re.fullmatch(r"(\w+)=(.*)", line):
            found.append(StackSetting(match[1], match[2].strip(), " ".join(comment)))
        comment = []
    return found


def service_settings(service: Component) -> list[Setting]:
    """Ask a service, in its own environment, for its settings. Folders in the project are told relative to it."""
    command = [str(venv_python(service.name)), "-m", "service_kit.describe", service.module]
    # Without the person's environment: a default must not depend on it.
    result = subprocess.run(command, env={"PATH": "/usr/bin:/bin"}, cwd="/", capture_output=True, text=True)
    if result.returncode != 0:
        raise IotctlError(
            "docs",
            f"{service.name} does not tell its settings",
            f"see the lines above, correct {service.module}/settings.py",
            log_tail=result.stderr.strip(),
        )
    return msgspec.json.decode(_relative(result.stdout, PROJECT), type=list[Setting])


def _relative(text: str, project: Path) -> str:
    return text.replace(f"{project}/", "")
