"""The Hive metastore: which tables there are, and which metadata file is a table's newest."""

from __future__ import annotations

import socket
import struct
from collections.abc import Mapping
from pathlib import Path

from components import metastore_bind_host
from components.component import Component, Host, Step
from components.probes import TIMEOUT_S
from stack.commands import run
from stack.paths import INFRA
from stack.settings import Settings

# Thrift's strict binary protocol: version and message type, then the name, a sequence number, no arguments.
_THRIFT_CALL, _THRIFT_REPLY = 0x80010001, 0x80010002
_THRIFT_STOP = b"\x00"


def ready(settings: Settings) -> str | None:
    """The metastore answers a call that reads its database."""
    name = b"get_all_databases"
    call = struct.pack("!II", _THRIFT_CALL, len(name)) + name + struct.pack("!I", 0) + _THRIFT_STOP
    try:
        with socket.create_connection((settings.connect_host, settings.port("METASTORE")), TIMEOUT_S) as connection:
            connection.sendall(call)
            answer = connection.recv(4)
    except OSError as error:
        return str(error)
    if len(answer) == 4 and struct.unpack("!I", answer)[0] == _THRIFT_REPLY:
        return None
    return "answers with an error"


def environment(host: Host) -> dict[str, str]:
    """Where it is, its password, and its one class that is ours."""
    state = host.settings.state
    return {
        "METASTORE_URI": host.settings.metastore_uri,
        "METASTORE_DB_PASSWORD_FILE": str(state.secret("metastore")),
        "METASTORE_CLASSES_DIR": str(state.run / "metastore-classes"),
    }


def initialise(host: Host, environment: Mapping[str, str]) -> None:
    """Bind it to this stack's address, and make its tables unless they are there."""
    metastore_bind_host.install(Path(environment["METASTORE_CLASSES_DIR"]), host.settings.bind_host)
    run("metastore", [INFRA / "hive" / "initialise"], more=environment)


METASTORE = Component(
    name="metastore",
    kind="component",
    command=(INFRA / "hive" / "start-metastore",),
    probe=ready,
    ports=("METASTORE",),
    needs=("postgres",),
    installed=("runtime", "jars"),
    ready_within_s=120,
    stop_within_s=20,
    environment=environment,
    initialise=Step(initialise, needs=("postgres",)),
    addresses=lambda settings: {"Hive metastore": settings.metastore_uri},
)
