"""Merges the NameNode's edits into a new image from time to time."""

from __future__ import annotations

import time

from components.component import Component
from components.probes import namenode_bean
from stack.paths import INFRA
from stack.settings import Settings

CHECKPOINT_TAKES_S = 60


def ready(settings: Settings) -> str | None:
    """The NameNode's image is not much older than the interval at which it is written anew."""
    state = namenode_bean(settings, "FSNamesystem")
    if isinstance(state, str):
        return f"NameNode: {state}"
    return stale_image(time.time() - state["LastCheckpointTime"] / 1000, settings.checkpoint_interval_s)


def stale_image(age_s: float, interval_s: int) -> str | None:
    """Say that the image was not written anew twice in a row, if so."""
    if age_s <= 2 * interval_s + CHECKPOINT_TAKES_S:
        return None
    return f"the NameNode's image is {age_s / 60:.0f} minutes old: a restart would replay all edits since then"


CHECKPOINTER = Component(
    name="checkpointer",
    kind="component",
    command=(INFRA / "hdfs" / "start-checkpointer",),
    probe=ready,
    needs=("namenode",),
    installed=("runtime", "jars"),
    ready_within_s=120,
    environment=lambda host: {"HDFS_CHECKPOINT_INTERVAL_S": str(host.settings.checkpoint_interval_s)},
)
