"""Spark's Thrift server: the tables in SQL for tools that speak HiveServer2's protocol. Runs with WITH=thrift."""

from __future__ import annotations

import socket
import struct

from components.component import Component
from components.lake_reader import LET_READ
from components.probes import TIMEOUT_S
from components.service import LAKE
from stack.paths import INFRA, SPARK_HOME, SPARK_JAVA_HOME, THRIFT_GUARD
from stack.settings import Settings

# SASL as Thrift speaks it: a status, the length, what is said. PLAIN takes any name and password.
_START, _GO_ON, _DONE = 1, 2, 5
_CREDENTIALS = b"\0iotctl\0iotctl"


def jdbc_url(settings: Settings) -> str:
    """Return the address that JDBC tools take."""
    return f"jdbc:hive2://{settings.connect_host}:{settings.port('THRIFT_SERVER')}/iot"


def ready(settings: Settings) -> str | None:
    """The server lets somebody in; it listens only when its Spark has started."""
    address = (settings.connect_host, settings.port("THRIFT_SERVER"))
    try:
        with socket.create_connection(address, TIMEOUT_S) as connection:
            connection.sendall(_said(_START, b"PLAIN") + _said(_GO_ON, _CREDENTIALS))
            answer = connection.recv(5)
    except OSError as error:
        return str(error)
    return None if answer[:1] == bytes([_DONE]) else "lets nobody in"


def _said(status: int, text: bytes) -> bytes:
    return struct.pack("!BI", status, len(text)) + text


THRIFT_SERVER = Component(
    name="thrift-server",
    kind="component",
    command=(INFRA / "thrift" / "start",),
    compose_file="compose.thrift.yaml",
    probe=ready,
    ports=("THRIFT_SERVER",),
    needs=LAKE,
    # Its Spark is the stream processor's.
    installed=("runtime", "jars", "stream-processor", "thrift guard"),
    ready_within_s=240.0,
    own_environment={
        # A java that drops the one argument of Spark which the bundled Java does not know.
        "JAVA_HOME": str(SPARK_JAVA_HOME),
        "SPARK_HOME": str(SPARK_HOME),
        "THRIFT_GUARD": str(THRIFT_GUARD),
    },
    initialise=LET_READ,
    client="thrift/beeline",
    addresses=lambda settings: {"SQL for JDBC tools": jdbc_url(settings)},
)
