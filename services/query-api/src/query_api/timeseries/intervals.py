"""How wide a bucket of time is. Pure."""

import math
from datetime import datetime
from typing import Final

INTERVALS_S: Final = {
    "1s": 1, "10s": 10, "30s": 30, "1m": 60, "5m": 300, "10m": 600, "30m": 1800,
    "1h": 3600, "3h": 10800, "6h": 21600, "12h": 43200, "1d": 86400,
}  # fmt: skip
"""Widths by name, ascending, in seconds; each divides a day, so that buckets begin at UTC midnight."""


def interval_s(name: str, start: datetime, end: datetime, points: int) -> int:
    """The width that `name` says; `auto` is the smallest with at most `points` buckets, past a day whole days."""
    if name != "auto":
        return INTERVALS_S[name]
    for width in INTERVALS_S.values():
        if bucket_count(start, end, width) <= points:
            return width
    day, days = INTERVALS_S["1d"], 2
    while bucket_count(start, end, days * day) > points:
        days += max(1, math.ceil(bucket_count(start, end, days * day) / points) - 1)
    return days * day


def bucket_count(start: datetime, end: datetime, width_s: int) -> int:
    """Buckets of `width_s`, counted from the epoch, that [start, end) touches."""
    if start >= end:
        return 0
    return math.ceil(end.timestamp() / width_s) - math.floor(start.timestamp() / width_s)
