"""Spark's Thrift server: the tables in SQL for tools that speak HiveServer2's protocol. Runs with WITH=thrift."""

from __future__ import annotations

import json
import socket
import struct
import urllib.request
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any
from urllib.parse import quote

from components.component import Component, Host, Step
from components.namenode import WITHIN_S, ensure_folders
from components.probes import TIMEOUT_S
from components.service import LAKE
from stack.errors import IotctlError
from stack.paths import INFRA, SPARK_HOME, SPARK_JAVA_HOME, THRIFT_GUARD
from stack.settings import Settings

# Whoever may not enter this folder reads no table, so it is opened last.
LAKE_FOLDER = "/iot-data"
CHECKPOINTS = f"{LAKE_FOLDER}/checkpoints"
_MAY_ENTER = 0o005

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


def initialise(host: Host, _environment: Mapping[str, str]) -> None:
    """Let its user read the tables in HDFS."""
    webhdfs = host.settings.url("NAMENODE_HTTP")
    ensure_folders(webhdfs, host.user)
    open_to_readers(webhdfs, host.user)


def open_to_readers(webhdfs: str, user: str) -> None:
    """Let every user enter the tables' folders; files are readable by all, and folders made later are as their parent.

    HDFS believes whoever names a user, so this keeps nobody out who was kept out before; it is what writing needs that
    the server's user lacks.
    """
    if int(_ask(webhdfs, LAKE_FOLDER, "GETFILESTATUS", user)["FileStatus"]["permission"], 8) & _MAY_ENTER == _MAY_ENTER:
        return
    # Each before its own folders are looked up: what is made meanwhile is as open as its parent.
    for folder in chain(_folders_below(webhdfs, LAKE_FOLDER, user), (LAKE_FOLDER,)):
        _ask(webhdfs, folder, "SETPERMISSION&permission=755", user, method="PUT")


def _folders_below(webhdfs: str, folder: str, user: str) -> Iterator[str]:
    for status in _ask(webhdfs, folder, "LISTSTATUS", user)["FileStatuses"]["FileStatus"]:
        path = f"{folder}/{status['pathSuffix']}"
        if status["type"] == "DIRECTORY" and path != CHECKPOINTS:
            yield path
            yield from _folders_below(webhdfs, path, user)


def _ask(webhdfs: str, path: str, operation: str, user: str, method: str = "GET") -> dict[str, Any]:
    address = f"{webhdfs}/webhdfs/v1{quote(path)}?op={operation}&user.name={user}"
    try:
        request = urllib.request.Request(address, method=method)
        with urllib.request.urlopen(request, timeout=WITHIN_S) as response:
            found: dict[str, Any] = json.loads(response.read() or b"{}")
            return found
    except OSError as error:
        raise IotctlError("hdfs", f"{path}: {error}", "make logs SERVICE=namenode") from error


THRIFT_SERVER = Component(
    name="thrift-server",
    kind="component",
    command=(INFRA / "thrift" / "start",),
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
    initialise=Step(initialise, needs=("namenode", "datanode")),
    addresses=lambda settings: {"SQL for JDBC tools": jdbc_url(settings)},
)
