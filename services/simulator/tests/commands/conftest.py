"""The real command in a folder of its own, with a real server to post to."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from simulator.cli import app

AT_ONCE = ("generate", "configure")
"""Commands without signals, loops and logs: a process of their own would only take its time to start."""
Simulator = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(sink: Any, tmp_path: Path) -> Iterator[Simulator]:
    """Start the command; what it still runs at the end of a test is killed."""
    processes: list[subprocess.Popen[str]] = []

    def started(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "simulator", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=os.environ | {"INGEST_API_URL": sink.url, "COLUMNS": "200", "NO_COLOR": "1"},
        )
        processes.append(process)
        return process

    yield started
    for process in processes:
        with process:
            process.kill()


@pytest.fixture
def simulator(
    start: Simulator, sink: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command to its end."""
    monkeypatch.chdir(tmp_path)

    def ran(*arguments: str, answers: str = "") -> subprocess.CompletedProcess[str]:
        if arguments[0] in AT_ONCE:
            environment = {"INGEST_API_URL": sink.url, "COLUMNS": "200", "NO_COLOR": "1"}
            result = CliRunner().invoke(app, arguments, input=answers, env=environment)
            return subprocess.CompletedProcess(arguments, result.exit_code, result.stdout, result.stderr)
        process = start(*arguments)
        output, errors = process.communicate(answers, timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    return ran
