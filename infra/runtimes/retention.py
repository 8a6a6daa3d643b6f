"""Whether the disk can hold what the topics may keep. Pure; `measure` alone reads Kafka's data folder.

A topic that is bound by time needs as many bytes as come in that time. Kafka stops when its disk is full, so this is
said while there is still time to do something about it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from iot_contracts.topics import TOPICS, Topic
from runtimes.preflight import Finding

GIB = 1 << 30
DAY_S = 86_400.0
LEAST_SPAN_S = 600.0
"""A rate that was measured over less than this says nothing of a week."""


@dataclass(frozen=True)
class Kept:
    """One topic on the disk: its bytes over all partitions, and how many came a second (0: not known)."""

    topic: Topic
    bytes_now: int
    bytes_per_s: float

    @property
    def bytes_needed(self) -> int:
        """Bytes that it takes once its retention is full, at the rate measured; never less than it takes now."""
        if self.topic.retention is None:
            return self.bytes_now
        needed = int(self.bytes_per_s * self.topic.retention.total_seconds())
        bound = self.topic.retention_bytes_per_partition
        if bound is not None:
            needed = min(needed, bound * self.topic.partitions)
        return max(needed, self.bytes_now)


def check_retention(kept: Iterable[Kept], free_bytes: int) -> list[Finding]:
    """Say which topics will not fit into the free bytes of their disk, each with its figures, the largest first."""
    growing = sorted(kept, key=lambda topic: topic.bytes_needed - topic.bytes_now, reverse=True)
    more_bytes = sum(one.bytes_needed - one.bytes_now for one in growing)
    if more_bytes <= free_bytes:
        return []
    full_in_s = free_bytes / sum(one.bytes_per_s for one in growing)
    largest = growing[0]
    return [
        Finding(
            f"Kafka's topics need {more_bytes / GIB:.1f} GiB more at the rate measured, {free_bytes / GIB:.1f} GiB are "
            f"free: the disk is full in {_span(full_in_s)}; {largest.topic.name} alone takes "
            f"{largest.bytes_per_s * 3600 / GIB:.2f} GiB an hour and is kept for "
            f"{_span(largest.topic.retention.total_seconds() if largest.topic.retention else 0)}",
            "a larger disk for STATE_DIR, or a shorter retention in contracts/src/iot_contracts/topics.py and make up",
        )
    ]


def measure(kafka_data: Path, topics: Iterable[Topic] = TOPICS, now_s: float | None = None) -> list[Kept]:
    """Look at the segments of each topic: what they take, and how much of it came within the last day.

    Works whether Kafka runs or not. A folder that is not there has no topics.
    """
    now_s = time.time() if now_s is None else now_s
    return [_measured(topic, kafka_data, now_s) for topic in topics]


def _measured(topic: Topic, kafka_data: Path, now_s: float) -> Kept:
    size, recent, began_s = 0, 0, now_s
    for number in range(topic.partitions):
        folder = kafka_data / f"{topic.name}-{number}"
        made = folder / "partition.metadata"
        if made.exists():
            began_s = min(began_s, made.stat().st_mtime)
        for segment in folder.glob("*.log"):
            with suppress(FileNotFoundError):  # deleted meanwhile: its time was over
                status = segment.stat()
                size += status.st_size
                recent += status.st_size if status.st_mtime >= now_s - DAY_S else 0
    return Kept(topic, size, rate(recent, min(DAY_S, now_s - began_s)))


def rate(recent_bytes: int, span_s: float) -> float:
    """Bytes a second over a span; 0 when it is too short to say anything of a week."""
    return recent_bytes / span_s if span_s >= LEAST_SPAN_S else 0.0


def _span(seconds: float) -> str:
    return f"{seconds / DAY_S:.1f} days" if seconds >= 2 * DAY_S else f"{seconds / 3600:.1f} hours"
