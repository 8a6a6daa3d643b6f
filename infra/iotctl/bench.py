"""`iotctl bench NAME`: a readable table, and one line of JSON at the end."""

from __future__ import annotations

import json
import subprocess

from rich.console import Console

from iotctl import status
from iotctl.checks import tests_environment
from iotctl.errors import IotctlError
from iotctl.install import venvs
from iotctl.paths import PROJECT, venv_python
from iotctl.stack import Stack

IDLE_SECONDS = 60.0
IDLE_BAR_CPU_CORES = 0.6
IDLE_BAR_RSS_GIB = 4.5
# Measured by a script of tests/bench each; `idle` is measured here.
SCRIPTS = ("freshness", "live")
NAMES = (*SCRIPTS, "idle")


def run(stack: Stack, console: Console, name: str) -> int:
    """Run one benchmark; return its exit code."""
    if name == "idle":
        return idle(stack, console)
    if name not in SCRIPTS:
        raise IotctlError("bench", f"there is no benchmark {name!r}", f"choose one of: {', '.join(NAMES)}")
    venvs.install(venvs.TESTS)
    script = PROJECT / "tests" / "bench" / f"{name}.py"
    return subprocess.run([venv_python("tests"), script], env=tests_environment(), cwd=PROJECT).returncode


def idle(stack: Stack, console: Console, seconds: float = IDLE_SECONDS) -> int:
    """Measure what the stack costs with the default fleet running."""
    taken = status.take(stack, seconds)
    console.print(status.table_of(taken, seconds))
    figures = {
        "name": "idle",
        "cpu_cores": round(taken.cpu_cores, 3),
        "rss_gib": round(taken.rss_gib, 3),
        "bar_cpu_cores": IDLE_BAR_CPU_CORES,
        "bar_rss_gib": IDLE_BAR_RSS_GIB,
    }
    print(json.dumps(figures))
    return 0 if taken.is_healthy else 1
