"""A program on a free port: started, waited for and stopped; its output is kept for when it fails."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

STOP_DEADLINE_S = 30
POLL_S = 0.05


def free_port() -> int:
    """A port of the loopback that nothing listens on now; another process could still take it first."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    command: Sequence[str | Path],
    *,
    log: Path,
    environment: Mapping[str, str],
    ready: Callable[[], bool],
    deadline_s: float,
) -> Iterator[subprocess.Popen[bytes]]:
    """Start `command` and yield its process once `ready()` is true; SIGTERM at the end, SIGKILL 30 s after.

    Raises AssertionError with the end of `log` when it ends early or is not ready within `deadline_s`.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(word) for word in command],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(process, ready, log, deadline_s)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(
    process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path, deadline_s: float
) -> None:
    give_up_at = time.monotonic() + deadline_s
    while not ready():
        ended = process.poll() is not None
        if ended or time.monotonic() > give_up_at:
            why = f"ended with {process.returncode}" if ended else f"was not ready within {deadline_s:g} s"
            raise AssertionError(f"{process.args!r} {why}:\n{log.read_text(errors='replace')[-3000:]}")
        time.sleep(POLL_S)
