"""`--from`: where in a topic to begin. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from iot_domain.event_time import from_table_text

WAYS = "beginning, latest, an offset (250), or a time (2026-03-01T12:00:00Z)"


@dataclass(frozen=True)
class Beginning:
    """At the oldest message that is kept."""


@dataclass(frozen=True)
class Latest:
    """After the newest message that is there now."""


@dataclass(frozen=True)
class AtOffset:
    """At this offset in every partition (at the nearest one that is kept)."""

    offset: int


@dataclass(frozen=True)
class AtTime:
    """At the first message that came at this time or later."""

    time: datetime

    @property
    def unix_ms(self) -> int:
        """Return the time as Kafka counts: milliseconds since 1970."""
        return int(self.time.timestamp() * 1000)


StartingPoint = Beginning | Latest | AtOffset | AtTime


def parse_starting_point(text: str) -> StartingPoint:
    """Read `--from`. A time without an offset is in UTC. Raises ValueError that says what may stand there."""
    if text in ("beginning", "earliest"):
        return Beginning()
    if text in ("latest", "end"):
        return Latest()
    if text.isascii() and text.isdigit():
        return AtOffset(int(text))
    try:
        return AtTime(from_table_text(text))
    except ValueError:
        raise ValueError(f"{text!r} is no place in a topic: say {WAYS}") from None
