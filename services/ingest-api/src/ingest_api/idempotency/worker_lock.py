"""Which worker process works on a request, and whether that one still lives."""

import fcntl
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Self
from uuid import uuid4


class WorkerLock:
    """A worker process as others see it: a file that it holds locked for as long as it lives.

    The kernel gives the lock up when the process ends, however it ends, and in whatever PID namespace it was; a pid
    would be given to somebody else sooner or later. The folder must be on a local file system of one machine.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = ExitStack()
        self.name = uuid4().hex

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        # Locked before it has its name: whoever sees it must not take it for one that is left over.
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
        """Whether the worker process of this name still runs."""
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
        # Shared, so that two who look at the same time do not take each other for the owner.
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(file, fcntl.LOCK_UN)
    return True
