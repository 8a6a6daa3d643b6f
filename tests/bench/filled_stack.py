"""A stack of a benchmark's own whose tables are filled first."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psutil

from stack.paths import SERVICES, venv_python
from support.own_stack import own_stack
from support.stack import Stack

FILL = SERVICES / "stream-processor" / "tests" / "fill.py"
READY_S = 300


@contextmanager
def filled_stack(name: str, readings: int, days: int, sensors: int) -> Iterator[Stack]:
    """A stack with the readings of the days before today in its tables, and the rollups derived."""
    with own_stack(name) as stack:
        stack.up()
        environment = psutil.Process(stack.pid("stream-processor")).environ()
        stack.make("stop", SERVICE="stream-processor")
        wanted = ("--readings", str(readings), "--days", str(days), "--sensors", str(sensors))
        subprocess.run([venv_python("stream-processor"), FILL, *wanted], env=environment, check=True)
        stack.make("start", SERVICE="stream-processor")
        ready_s(stack, "stream-processor")
        yield stack


def ready_s(stack: Stack, service: str) -> float:
    """Seconds until the service is ready."""
    started = time.monotonic()
    while True:
        try:
            if httpx.get(f"{stack.url(service)}/readyz", timeout=5).status_code == httpx.codes.OK:
                return time.monotonic() - started
        except httpx.TransportError:
            pass
        assert time.monotonic() - started < READY_S, f"{service} did not become ready"
        time.sleep(0.05)
