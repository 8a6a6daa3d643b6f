"""A Kafka broker of one's own: the project's jars and configuration, free ports, a temporary folder."""

import os
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from iotctl.initialise.kafka import initialise
from iotctl.paths import BUNDLED_JAVA_HOME, INFRA, JARS
from support.free_port import free_port
from support.process import running

HOST = "127.0.0.1"
START_DEADLINE_S = 60


@dataclass(frozen=True)
class KafkaBroker:
    """A single KRaft broker that runs."""

    port: int
    folder: Path
    environment: Mapping[str, str]

    @property
    def bootstrap(self) -> str:
        """What clients are told: `host:port`."""
        return f"{HOST}:{self.port}"


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


@contextmanager
def kafka_broker() -> Iterator[KafkaBroker]:
    """Format, start and at the end stop a broker with the configuration of infra/kafka; its data are deleted."""
    with tempfile.TemporaryDirectory(prefix="iot-kafka-") as name:
        folder, port = Path(name), free_port()
        environment = os.environ | {
            "BIND_HOST": HOST,
            "CONNECT_HOST": HOST,
            "KAFKA_PORT": str(port),
            "KAFKA_CONTROLLER_PORT": str(free_port()),
            "KAFKA_DATA_DIR": str(folder / "data"),
            "IOT_JAVA_HOME": str(BUNDLED_JAVA_HOME),
            "IOT_JARS_DIR": str(JARS),
        }
        initialise(environment)
        with running(
            [INFRA / "kafka" / "start"],
            log=folder / "kafka.log",
            environment=environment,
            ready=lambda: _listens(port),
            deadline_s=START_DEADLINE_S,
        ):
            yield KafkaBroker(port, folder, environment)
