"""Which messages nobody has stored yet are about to expire in Kafka. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from iot_contracts.topics import Topic

Offsets = Mapping[int, int]
"""By partition."""
ALARM_SHARE = 0.5
"""The part of its retention after which an unread message is an alarm: long before it expires."""


class Unread(NamedTuple):
    """Messages that were not read: those that are gone, and those of which less than half of the time is left."""

    expired: int
    expiring: int


def alarm_since_ms(now_s: float, topic: Topic) -> int:
    """The time of the log, in milliseconds, before which an unread message is an alarm. `now_s`: since the epoch."""
    if topic.retention is None:
        return 0
    return round((now_s - topic.retention.total_seconds() * ALARM_SHARE) * 1000)


def unread(positions: Offsets, starts: Offsets, since: Offsets) -> Unread:
    """Count what was not read.

    `positions`: the next offset to be read; a partition without one is read from its start. `starts`: the oldest offset
    that is still there. `since`: the first offset that is not older than `alarm_since_ms` says.
    """
    expired = sum(max(0, start - positions.get(partition, start)) for partition, start in starts.items())
    expiring = sum(
        max(0, young - max(positions.get(partition, 0), starts.get(partition, 0))) for partition, young in since.items()
    )
    return Unread(expired, expiring)


def expiry_reason(topic: Topic, found: Unread) -> str | None:
    """Say what is lost or about to be, or None."""
    if found.expired:
        return f"{found.expired} messages of {topic.name} expired in Kafka before they were stored: they are lost"
    if found.expiring and topic.retention is not None:
        return (
            f"{found.expiring} messages of {topic.name} that are not stored yet are in the last half of the "
            f"{topic.retention.total_seconds() / 86400:g} days for which Kafka keeps them"
        )
    return None
