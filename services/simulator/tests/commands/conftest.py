"""The real command, in a process and a folder of its own, with a real server to post to."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

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
def simulator(start: Simulator) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command to its end."""

    def ran(*arguments: str, answers: str = "") -> subprocess.CompletedProcess[str]:
        process = start(*arguments)
        output, errors = process.communicate(answers, timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    return ran
