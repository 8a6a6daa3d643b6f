"""What `DURABILITY` means to Kafka and HDFS: whether an acknowledgement waits for the disk."""

from __future__ import annotations

from typing import Literal, get_args

from iotctl.errors import IotctlError

Durability = Literal["fsync", "os"]
NEVER = str(2**63 - 1)
"""Kafka's own default: no number of messages is followed by a flush."""


def parse(word: str) -> Durability:
    """Return the setting that a word stands for. Raises IotctlError for any other word."""
    for durability in get_args(Durability):
        if word.lower() == durability:
            return durability  # type: ignore[no-any-return]
    raise IotctlError(
        "settings",
        f"DURABILITY={word} is neither fsync nor os",
        "write DURABILITY=fsync (an acknowledgement waits for the disk) or DURABILITY=os (for the operating system)",
    )


def component_environment(durability: Durability) -> dict[str, str]:
    """Return what the configuration files of Kafka and HDFS read from the environment."""
    synced = durability == "fsync"
    return {
        "KAFKA_FLUSH_INTERVAL_MESSAGES": "1" if synced else NEVER,
        "HDFS_SYNC_ON_CLOSE": "true" if synced else "false",
    }
