"""The load: `simulator run`, which delivers each reading until it is acknowledged and writes down what it sends."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from support.stack import PROJECT, Stack

SENSORS = 60
READINGS_PER_S = 200
FLUSH_DEADLINE_S = 120
_MARK = b'"reading_id"'


class Sent:
    """What the simulator wrote into a folder: every reading, before the first attempt to send it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._full: dict[Path, int] = {}

    def count(self) -> int:
        """Readings up to now."""
        files = sorted(self.folder.glob("iot_data_*.json"))
        for path in files[:-1]:
            if path not in self._full:
                self._full[path] = path.read_bytes().count(_MARK)
        return sum(self._full.values()) + (files[-1].read_bytes().count(_MARK) if files else 0)


@asynccontextmanager
async def simulated_load(stack: Stack, sent: Sent, folder: Path) -> AsyncIterator[None]:
    """Run a fleet until the block ends, then wait until everything is delivered.

    Raises AssertionError when something was not delivered.
    """
    log = folder / "simulator.log"
    process = _start(stack, sent.folder, folder / "buffer", log)
    try:
        yield
        process.send_signal(signal.SIGINT)
        await asyncio.to_thread(process.wait, FLUSH_DEADLINE_S)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    assert process.returncode == 0, f"the simulator did not deliver everything; see {log}"


def _start(stack: Stack, sent: Path, buffer: Path, log: Path) -> subprocess.Popen[bytes]:
    log.parent.mkdir(parents=True, exist_ok=True)
    fleet = ("--sensors", str(SENSORS), "--rate", str(READINGS_PER_S))
    with log.open("wb") as output:
        return subprocess.Popen(
            [PROJECT / ".local/bin/simulator", "run", "--quiet", *fleet, "--tee-dir", sent, "--data-dir", buffer],
            env=os.environ | {"INGEST_API_URL": stack.url("ingest-api")},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
