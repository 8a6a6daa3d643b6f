"""What the history of a table tells: which snapshot carries a property, and which may expire. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Snapshot:
    """One snapshot of a table with those entries of its summary that are ours."""

    id: int
    committed_at: datetime
    properties: Mapping[str, str]
    sequence_number: int = 0


def newest_with(ancestors: Iterable[Snapshot], key: str) -> Snapshot | None:
    """The newest snapshot whose summary has `key`; `ancestors` go from the current one backwards.

    Compaction commits carry none of our properties: what the newest ancestor that has them says still holds.
    """
    return next((snapshot for snapshot in ancestors if key in snapshot.properties), None)


def expire_before(ancestors: Iterable[Snapshot], key: str, now: datetime, retention: timedelta) -> datetime:
    """The time before which snapshots may expire.

    Never later than the newest snapshot that carries `key`: were it to expire, nobody could tell any more
    what the table holds.
    """
    bearer = newest_with(ancestors, key)
    limit = now - retention
    return min(limit, bearer.committed_at) if bearer else datetime.min.replace(tzinfo=now.tzinfo)
