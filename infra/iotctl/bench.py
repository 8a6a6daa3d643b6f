"""`iotctl bench NAME`: a readable table, and one line of JSON at the end."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from rich.console import Console

from iotctl import status
from iotctl.checks import install, tests_environment
from runtimes.protocol import Runtime
from stack.errors import IotctlError
from stack.lock import alone
from stack.paths import INFRA, PROJECT, SERVICES, venv_python
from stack.steps import Steps

IDLE_SECONDS = 60.0
# Its HTTP connection is the benchmarks' too.
SIMULATOR = SERVICES / "simulator" / "src"
# What one benchmark measures without a process: arrays in, scores out.
DETECTOR = SERVICES / "stream-processor" / "src"
IDLE_BAR_CPU_CORES = 0.35
IDLE_BAR_RSS_GIB = 4.5
# Measured by a module of tests/bench each, and what must be installed for it: some measure the running stack, the
# others start a broker and an ingest-api of their own. `idle` is measured here.
_DOOR = ("tests", "ingest-api", "runtime", "jars")
MODULES = {
    "freshness": ("tests",),
    "live": ("tests",),
    "fanout": ("tests", "dashboard", "runtime", "jars"),
    "alert": ("tests",),
    "questions": ("tests",),
    "ingest": _DOOR,
    "single": _DOOR,
    "overload": _DOOR,
    "telegraf": _DOOR,
    "compare": _DOOR,
    "detection": ("tests",),
    "stream": ("tests", "stream-processor", "runtime", "jars"),
    "query": ("tests",),
    "backtest": ("tests",),
    "analyses": ("tests", "stream-processor", "runtime", "jars"),
}
NAMES = (*MODULES, "idle")


def run(runtime: Runtime, console: Console, name: str) -> int:
    """Run one benchmark; return its exit code."""
    if name == "idle":
        return idle(runtime, console)
    if name not in MODULES:
        raise IotctlError("bench", f"there is no benchmark {name!r}", f"choose one of: {', '.join(NAMES)}")
    if name == "compare" and not (Path(os.environ.get("BASE", "")) / "infra" / "iotctl").is_dir():
        raise IotctlError("bench", "BASE names no other checkout", "make bench-compare BASE=/path/to/it")
    with alone(), Steps(console) as steps:
        install(MODULES[name], steps)
    # ONLY means something else to the make targets that a comparison runs.
    compared = {"COMPARED": os.environ.get("ONLY", "")}
    environment = {
        **tests_environment(),
        **compared,
        "PYTHONPATH": f"{PROJECT / 'tests'}:{INFRA}:{SIMULATOR}:{DETECTOR}",
    }
    return subprocess.run([venv_python("tests"), "-m", f"bench.{name}"], env=environment, cwd=PROJECT).returncode


def idle(runtime: Runtime, console: Console, seconds: float = IDLE_SECONDS) -> int:
    """Measure what the stack costs with the default fleet running."""
    taken = status.take(runtime, seconds)
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
