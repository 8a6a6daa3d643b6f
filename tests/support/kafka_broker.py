"""A Kafka broker of one's own: the project's jars and configuration, free ports, a temporary folder."""

import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from stack.commands import run
from stack.paths import BUNDLED_JAVA_HOME, INFRA, JARS
from support.process import free_port, running

HOST = "127.0.0.1"
START_DEADLINE_S = 60


@dataclass(frozen=True)
class KafkaBroker:
    """A single KRaft broker that runs."""

    port: int
    folder: Path
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes]

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let it hang, as a machine or a network does that is still there and answers nothing."""
        self.process.send_signal(signal.SIGSTOP)
        # A thread may still answer before all of them stand.
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOWAIT)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """`kill -9`; its data stay."""
        self.process.kill()
        self.process.wait()

    @contextmanager
    def started_again(self) -> Iterator[None]:
        """Start it on its old data and port after `kill`; returns once it listens."""
        with _broker_process(self.folder, self.port, self.environment):
            yield

    @property
    def bootstrap(self) -> str:
        """The address for clients: `host:port`."""
        return f"{HOST}:{self.port}"


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


@contextmanager
def kafka_broker() -> Iterator[KafkaBroker]:
    """Format, start and at the end stop a broker with the configuration of infra/kafka; its data are deleted.

    `DURABILITY` counts as for a stack.
    """
    with tempfile.TemporaryDirectory(prefix="iot-kafka-") as name:
        folder, port = Path(name), free_port()
        environment = os.environ | {
            "DURABILITY": os.environ.get("DURABILITY") or "os",
            "BIND_HOST": HOST,
            "CONNECT_HOST": HOST,
            "KAFKA_PORT": str(port),
            "KAFKA_CONTROLLER_PORT": str(free_port()),
            "KAFKA_DATA_DIR": str(folder / "data"),
            "IOT_JAVA_HOME": str(BUNDLED_JAVA_HOME),
            "IOT_JARS_DIR": str(JARS),
        }
        run("kafka", [INFRA / "kafka" / "initialise"], more=environment)
        with _broker_process(folder, port, environment) as process:
            yield KafkaBroker(port, folder, environment, process)


def _broker_process(
    folder: Path, port: int, environment: Mapping[str, str]
) -> AbstractContextManager[subprocess.Popen[bytes]]:
    return running(
        [INFRA / "kafka" / "start"],
        log=folder / "kafka.log",
        environment=environment,
        ready=lambda: _listens(port),
        deadline_s=START_DEADLINE_S,
    )
