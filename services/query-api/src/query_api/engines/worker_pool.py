"""Processes that run statements: started ahead, used again, ended when a statement must stop. See worker."""

import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Final

import msgspec

from query_api.engines.messages import MAX_ANSWER_MB, Answer, Ask, Setup, decode, encode, receive, send
from service_kit.logging import get_logger

MAX_IDLE_S: Final = 60.0
_ENVIRONMENT: Final = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",  # its own pool takes a gigabyte at once, which the limit would not count
    "MALLOC_ARENA_MAX": "2",
    "OPENBLAS_NUM_THREADS": "1",
    "LC_CTYPE": "C.UTF-8",
}
_log = get_logger(__name__)


class WorkerEndedError(Exception):
    """The process has ended in the midst of a statement."""


class Worker:
    """One process. `stop` may be called from any thread, everything else from one at a time."""

    def __init__(self, setup: Setup) -> None:
        # An empty folder that is not even there any more: what looks for something beside itself finds nothing.
        folder = Path(tempfile.mkdtemp(prefix="iot-sql-"))
        self._socket, theirs = socket.socketpair()
        try:
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603 - our own words
                    [sys.executable, "-I", "-m", "query_api.engines.worker", msgspec.json.encode(setup)],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    cwd=folder,
                    env=_ENVIRONMENT,
                )
        except BaseException:
            self._socket.close()
            raise
        finally:
            folder.rmdir()
        self.idle_since = time.monotonic()
        self.is_stopped = False

    @property
    def pid(self) -> int:
        """Of the process."""
        return int(self._process.pid)

    @property
    def is_alive(self) -> bool:
        """Whether the process is there."""
        return self._process.poll() is None

    def answer(self, ask: Ask, shared: int) -> Answer:
        """What became of the statement; `shared` is the open file with its tables. Raises WorkerEndedError."""
        try:
            send(self._socket, encode(ask), [shared])
            data, _ = receive(self._socket, max_bytes=(MAX_ANSWER_MB << 20) + 1024)
        except (EOFError, OSError) as error:
            if not self.is_stopped:
                self._process.kill()
                _log.warning("a statement has ended its process", exit_code=self._process.wait())
            raise WorkerEndedError from error
        return decode(data, Answer)

    def stop(self) -> None:
        """End the process, wherever it is; it has nothing to tidy up, and may be where it hears no gentler signal."""
        self.is_stopped = True
        self._process.kill()

    def wait(self) -> None:
        """Until the process is gone."""
        self._process.wait()

    def close(self) -> None:
        """End it and leave nothing over."""
        self.stop()
        self.wait()
        self._socket.close()


class WorkerPool:
    """Workers for statements. One is kept ready; others end when nobody needed them for a minute.

    Every method may be called from any thread. How many statements run at once is up to the caller.
    """

    def __init__(self, setup: Setup, *, max_idle_s: float = MAX_IDLE_S) -> None:
        self._setup = setup
        self._max_idle_s = max_idle_s
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._timer: threading.Timer | None = None
        self._is_closed = False

    @property
    def pids(self) -> set[int]:
        """The processes that are there."""
        with self._lock:
            return {worker.pid for worker in (*self._idle, *self._busy)}

    def prepare(self) -> None:
        """Start a worker unless one is ready; it loads what it needs meanwhile."""
        with self._lock:
            self._prepare()

    def acquire(self) -> Worker:
        """A worker of one's own. Raises WorkerEndedError when the service ends."""
        with self._lock:
            if self._is_closed:
                raise WorkerEndedError
            while self._idle:
                worker = self._idle.pop()
                if worker.is_alive:
                    break
                worker.close()
            else:
                worker = Worker(self._setup)
            self._busy.add(worker)
            return worker

    def release(self, worker: Worker, *, is_spent: bool) -> None:
        """Give a worker back; one that is spent ends, and another one takes its place."""
        with self._lock:
            self._busy.remove(worker)
            if is_spent or worker.is_stopped or self._is_closed:
                worker.close()
                self._prepare()
            else:
                worker.idle_since = time.monotonic()
                self._idle.append(worker)
                self._watch()

    def close(self) -> None:
        """End all of them, also those that run a statement."""
        with self._lock:
            self._is_closed = True
            if self._timer is not None:
                self._timer.cancel()
            while self._idle:
                self._idle.pop().close()
            for worker in self._busy:
                worker.stop()
                worker.wait()

    def _prepare(self) -> None:
        if not self._idle and not self._is_closed:
            try:
                self._idle.append(Worker(self._setup))
            except OSError as error:  # the statement that needs it says so
                _log.warning("no worker can be started ahead", problem=str(error))

    def _watch(self) -> None:
        """Look again later whether there are more than needed."""
        if len(self._idle) > 1 and self._timer is None:
            self._timer = threading.Timer(self._max_idle_s, self._end_unneeded)
            self._timer.daemon = True
            self._timer.start()

    def _end_unneeded(self) -> None:
        """The most recently used are at the end."""
        with self._lock:
            self._timer = None
            while len(self._idle) > 1 and time.monotonic() - self._idle[0].idle_since >= self._max_idle_s:
                self._idle.pop(0).close()
            if not self._is_closed:
                self._watch()
