"""Tells whether a worker process is still alive, by a file that it holds locked."""

import fcntl
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Self
from uuid import uuid4


class WorkerLock:
    """A file that this worker process holds locked while it is alive.

    The kernel releases the lock however the process ends, and in any PID namespace; a pid would be reused some day.
    The folder must be on a local file system.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = ExitStack()
        self.name = uuid4().hex

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        # Locked before it gets its name, so that no other process removes it as left over.
        unnamed = self._folder / f".{self.name}"
        file = self._files.enter_context(unnamed.open("wb"))
        fcntl.flock(file, fcntl.LOCK_EX)
        unnamed.rename(self._folder / self.name)
        self._remove_left_over()
        return self

    def __exit__(self, *_: object) -> None:
        (self._folder / self.name).unlink(missing_ok=True)
        self._files.close()

    def is_alive(self, name: str) -> bool:
        """Whether the worker process with this name is still running."""
        if name == self.name:
            return True
        try:
            with (self._folder / name).open("rb") as file:
                return not _is_free(file)
        except FileNotFoundError:
            return False

    def _remove_left_over(self) -> None:
        for path in self._folder.iterdir():
            if not path.name.startswith(".") and not self.is_alive(path.name):
                path.unlink(missing_ok=True)


def _is_free(file: IO[bytes]) -> bool:
    try:
        # Shared, so that two checks at the same time do not block each other.
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(file, fcntl.LOCK_UN)
    return True
