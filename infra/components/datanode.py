"""HDFS's DataNode: the blocks of the files."""

from __future__ import annotations

from components.component import Component
from components.probes import namenode_bean
from stack.paths import INFRA
from stack.settings import Settings


def ready(settings: Settings) -> str | None:
    """The NameNode counts a live DataNode."""
    state = namenode_bean(settings, "FSNamesystemState")
    if isinstance(state, str):
        return f"NameNode: {state}"
    return None if state["NumLiveDataNodes"] else "not registered with the NameNode"


DATANODE = Component(
    name="datanode",
    kind="component",
    command=(INFRA / "hdfs" / "start-datanode",),
    probe=ready,
    ports=("DATANODE", "DATANODE_HTTP", "DATANODE_IPC"),
    installed=("runtime", "jars"),
    ready_within_s=120,
    # Formatting the NameNode empties the DataNode's folder: blocks of another file system would be refused.
    starts_after_initialising=("namenode",),
    environment=lambda host: {
        "DATANODE_DATA_DIR": str(host.data / "datanode"),
        "DURABILITY": host.settings.durability,
    },
)
