"""Lets one command at a time install, start or stop."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stack.paths import LOCAL


@contextmanager
def alone(folder: Path = LOCAL) -> Iterator[None]:
    """Let one command at a time install, start or stop; a second one waits."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "iotctl.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
