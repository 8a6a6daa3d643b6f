"""The load: `simulator run`, which delivers each reading until it is acknowledged and writes down what it sends."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from support.stack import Stack

SENSORS = 60
READINGS_PER_S = 200
FLUSH_DEADLINE_S = 120
_MARK = b'"reading_id"'


class Load:
    """What was sent so far."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._full: dict[Path, int] = {}
        self.summary = ""

    def sent(self) -> int:
        """Readings handed to the delivery up to now. They are written down before the first attempt to send them."""
        files = sorted(self.folder.glob("iot_data_*.json"))
        for path in files[:-1]:
            if path not in self._full:
                self._full[path] = path.read_bytes().count(_MARK)
        return sum(self._full.values()) + (files[-1].read_bytes().count(_MARK) if files else 0)


@asynccontextmanager
async def simulated_load(stack: Stack, folder: Path) -> AsyncIterator[Load]:
    """Run a fleet until the block ends, then wait until everything is delivered.

    Raises AssertionError when something was not delivered.
    """
    load = Load(folder / "sent")
    command = stack.command(
        *("run", "--quiet", "--sensors", str(SENSORS), "--rate", str(READINGS_PER_S)),
        *("--tee-dir", str(load.folder), "--data-dir", str(folder / "buffer")),
    )
    try:
        yield load
        command.send_signal(signal.SIGINT)
        output, _ = await asyncio.to_thread(command.communicate, timeout=FLUSH_DEADLINE_S)
    finally:
        if command.poll() is None:
            command.kill()
    load.summary = next((line for line in output.splitlines() if re.match(r"measured \d+", line)), output)
    assert command.returncode == 0, f"the simulator did not deliver everything:\n{output}"
