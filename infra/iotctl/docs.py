"""`iotctl docs`: writes every generated document of the repository; with --check says which are stale."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from components.registry import SERVICES
from install import venvs
from iotctl.reference.commands_page import commands_page
from iotctl.reference.metric_sources import metrics_of
from iotctl.reference.pages import metrics_page, settings_page
from iotctl.reference.setting_sources import service_settings, stack_settings
from runtimes.native import environment
from runtimes.native.runtime import NativeRuntime
from stack.paths import PROJECT, venv_python
from stack.paths import SERVICES as SERVICES_FOLDER
from stack.settings import load

# A module, with its arguments, a process: each runs in the environment that can import it.
_GENERATORS = (
    ("tests", "iot_contracts.generate"),
    *((service.name, "service_kit.openapi", service.module) for service in SERVICES),
)


def pages(commands: object) -> dict[Path, str]:
    """Return docs/settings.md, docs/metrics.md and docs/commands.md as they should be."""
    settings = {service.name: service_settings(service) for service in SERVICES}
    sources = {service.name: SERVICES_FOLDER / service.name / "src" / service.module for service in SERVICES}
    metrics = {
        "Every service": metrics_of(PROJECT / "kit" / "src" / "service_kit"),
        **{name: metrics_of(source) for name, source in sources.items()},
    }
    set_by_up = set(NativeRuntime.of(load({}), {}).started_with.environment)
    stack = stack_settings((PROJECT / ".env").read_text())
    return {
        PROJECT / "docs" / "settings.md": settings_page(stack, settings, set_by_up),
        PROJECT / "docs" / "metrics.md": metrics_page(metrics),
        PROJECT / "docs" / "commands.md": commands_page((PROJECT / "Makefile").read_text(), commands),
    }


def make(check: bool, commands: object) -> int:
    """Write, or check, the pages and what the contract and the services generate; 1 when something is stale."""
    for venv in (venvs.TESTS, *(venvs.service_venv(service.name) for service in SERVICES)):
        venvs.install(venv)
    stale = [path for path, text in pages(commands).items() if not _is_current(path, text, check)]
    for path in stale:
        sys.stderr.write(f"{path} is stale: run make docs\n")
    arguments = ["--check"] if check else []
    codes = [
        subprocess.run([venv_python(venv), "-m", *module, *arguments], cwd=PROJECT, env=_environment()).returncode
        for venv, *module in _GENERATORS
    ]
    return 1 if stale or any(codes) else 0


def _is_current(path: Path, text: str, check: bool) -> bool:
    if not check:
        path.write_text(text)
        return True
    return path.exists() and path.read_text() == text


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in environment.HANDED_ON if name in os.environ}
