"""HDFS's NameNode: names, places of blocks, and the folders that the platform writes into."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping

from components.component import Component, Host, Step
from components.probes import namenode_bean
from stack.commands import run
from stack.errors import IotctlError
from stack.paths import INFRA
from stack.settings import Settings

FOLDERS = ("/iot-data/processed", "/iot-data/anomalies", "/iot-data/analytics", "/iot-data/checkpoints")
WITHIN_S = 30


def ready(settings: Settings) -> str | None:
    """The NameNode answers and has left safe mode (which needs the DataNode's blocks)."""
    state = namenode_bean(settings, "FSNamesystemState")
    if isinstance(state, str):
        return state
    return None if state["FSState"] == "Operational" else f"in state {state['FSState']}"


def environment(host: Host) -> dict[str, str]:
    """What the configuration files of HDFS read."""
    settings = host.settings
    return {
        "NAMENODE_HOST": settings.namenode_host,
        "NAMENODE_BIND_HOST": settings.namenode_bind_host,
        "NAMENODE_DATA_DIR": str(host.data / "namenode"),
        "HADOOP_TMP_DIR": str(settings.state.run / "hadoop"),
        "HADOOP_CONF_DIR": str(INFRA / "hdfs"),
        "HADOOP_USER_NAME": host.user,
        "HDFS_URI": settings.hdfs_uri,
    }


def initialise(_host: Host, environment: Mapping[str, str]) -> None:
    """Format it, unless that is done."""
    run("namenode", [INFRA / "hdfs" / "initialise"], more=environment)


def ensure_folders(webhdfs: str, user: str) -> None:
    """Make the platform's folders through the NameNode's web address (no JVM to start); what is there stays."""
    for folder in FOLDERS:
        address = f"{webhdfs}/webhdfs/v1{folder}?op=MKDIRS&permission=750&user.name={user}"
        try:
            request = urllib.request.Request(address, method="PUT")
            with urllib.request.urlopen(request, timeout=WITHIN_S) as response:
                made = json.load(response)["boolean"]
        except OSError as error:
            raise IotctlError("hdfs", f"{folder}: {error}", "make logs SERVICE=namenode") from error
        if not made:
            raise IotctlError("hdfs", f"{folder} could not be made", "make logs SERVICE=namenode")


def prepare(host: Host, _environment: Mapping[str, str]) -> None:
    """Make the platform's folders."""
    ensure_folders(host.settings.url("NAMENODE_HTTP"), host.user)


NAMENODE = Component(
    name="namenode",
    kind="component",
    command=(INFRA / "hdfs" / "start-namenode",),
    probe=ready,
    ports=("NAMENODE", "NAMENODE_HTTP"),
    installed=("runtime", "jars"),
    ready_within_s=120,
    environment=environment,
    initialise=Step(initialise),
    prepare=Step(prepare, needs=("namenode", "datanode")),
    addresses=lambda settings: {
        "HDFS": settings.hdfs_uri,
        "HDFS NameNode's page": settings.url("NAMENODE_HTTP"),
    },
)
