"""A query-api of one's own: a process of its environment, on a free port, against any Kafka and PostgreSQL."""

import os
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stack.paths import venv_python
from support.process import free_port, running

START_DEADLINE_S = 30
NOBODY = "127.0.0.1:1"


@dataclass(frozen=True)
class QueryProcess:
    """A query-api that runs; without HDFS it answers no readings, and all that is in its database."""

    url: str
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """`kill -9`."""
        self.process.kill()
        self.process.wait()


@contextmanager
def query_process(bootstrap: str, log: Path, settings: Mapping[str, str]) -> Iterator[QueryProcess]:
    """Start query-api without HDFS and metastore, wait until it listens, stop it at the end."""
    port = free_port()
    outer = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHONPATH", "QUERY_API_"))}
    ours = {
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "HDFS_URI": f"hdfs://{NOBODY}",
        "METASTORE_URI": f"thrift://{NOBODY}",
        "QUERY_API_PORT": str(port),
        "QUERY_API_CACHE_DIR": str(log.parent / "query-api-cache"),
    }
    url = f"http://127.0.0.1:{port}"

    def lives() -> bool:
        try:
            with urllib.request.urlopen(f"{url}/livez", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    with running(
        [venv_python("query-api"), "-m", "query_api"],
        log=log,
        environment={**outer, **ours, **settings},
        ready=lives,
        deadline_s=START_DEADLINE_S,
    ) as process:
        yield QueryProcess(url, process)
