"""`iotctl screenshots`: pictures of the page, taken by tests/screenshots."""

from __future__ import annotations

import subprocess

from rich.console import Console

from iotctl.checks import install, tests_environment
from stack.lock import alone
from stack.paths import PROJECT, venv_python
from stack.steps import Steps


def run(console: Console) -> int:
    """Take the pictures; return the exit code."""
    with alone(), Steps(console) as steps:
        install(("tests",), steps)
    environment = {**tests_environment(), "PYTHONPATH": str(PROJECT / "tests")}
    command = [str(venv_python("tests")), "-P", "-m", "screenshots"]
    return subprocess.run(command, env=environment, cwd=PROJECT).returncode
