"""An ingest-api of one's own: a process of its environment, on a free port, against any broker."""

import os
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from stack.paths import venv_python
from support.process import free_port, running

START_DEADLINE_S = 30


@dataclass(frozen=True)
class IngestProcess:
    """An ingest-api that runs."""

    port: int
    pid: int

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://127.0.0.1:{self.port}"

    def rss_bytes(self) -> int:
        """Resident memory of it and its worker processes, in bytes."""
        process = psutil.Process(self.pid)
        return sum(one.memory_info().rss for one in (process, *process.children(recursive=True)))


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def ingest_process(bootstrap: str, log: Path, settings: Mapping[str, str] | None = None) -> Iterator[IngestProcess]:
    """Start ingest-api with its default settings and those given, wait until it is ready, stop it at the end."""
    port = free_port()
    # Our own path of modules is not its path, and no setting but those named here is anything but the default.
    outer = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHONPATH", "INGEST_API_"))}
    ours = {"KAFKA_BOOTSTRAP_SERVERS": bootstrap, "INGEST_API_PORT": str(port)}
    environment = {**outer, **ours, **(settings or {})}
    with running(
        [venv_python("ingest-api"), "-m", "ingest_api"],
        log=log,
        environment=environment,
        ready=lambda: _answers(f"http://127.0.0.1:{port}/readyz"),
        deadline_s=START_DEADLINE_S,
    ) as process:
        yield IngestProcess(port, process.pid)
