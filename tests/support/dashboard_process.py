"""A dashboard of one's own: a process of its environment, on a free port, against any broker, alone."""

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

START_DEADLINE_S = 60


@dataclass(frozen=True)
class DashboardProcess:
    """A dashboard that runs."""

    port: int
    process: psutil.Process


def _reads_kafka(url: str) -> bool:
    """Whether everything but query-api and the built page is there."""
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except urllib.error.HTTPError as error:
        return b'"kafka"' not in error.read()
    except OSError:
        return False


@contextmanager
def dashboard_process(
    bootstrap: str, log: Path, settings: Mapping[str, str] | None = None
) -> Iterator[DashboardProcess]:
    """Start the dashboard with its default settings and those given, wait until it reads Kafka, stop it at the end."""
    port = free_port()
    outer = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHONPATH", "DASHBOARD_"))}
    environment = {
        **outer,
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "DASHBOARD_PORT": str(port),
        "QUERY_API_URL": "http://127.0.0.1:1",
        **(settings or {}),
    }
    with running(
        [venv_python("dashboard"), "-m", "dashboard"],
        log=log,
        environment=environment,
        ready=lambda: _reads_kafka(f"http://127.0.0.1:{port}/readyz"),
        deadline_s=START_DEADLINE_S,
    ) as process:
        yield DashboardProcess(port, psutil.Process(process.pid))
