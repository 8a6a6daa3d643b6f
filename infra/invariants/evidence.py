"""What the invariants judge: plain facts, and the rows in a ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from invariants.ledger import Ledger

Offsets = Mapping[int, int]
"""Partition of `iot-sensors` → offset of the first message that is not included."""


@dataclass(frozen=True)
class Snapshot:
    """One snapshot of a table; `offsets` is None for a snapshot that does not say (a compaction)."""

    id: int
    offsets: Offsets | None
    total_rows: int | None = None


@dataclass(frozen=True)
class TableFiles:
    """How many files and snapshots a table's current metadata names."""

    snapshots: int
    data_files: int
    most_files_of_a_day: int


@dataclass(frozen=True)
class Lock:
    """One lock in the metastore. `age_s` counts from when it was acquired, or last heard of while it waits."""

    id: int
    table: str
    state: str
    age_s: float
    holder: str


@dataclass(frozen=True)
class Answer:
    """What query-api answered to one count of everything, and up to where it had read the topic before."""

    count: int
    snapshot_id: int | None
    offsets: Offsets
    read_up_to: Offsets
    tail_readings: int
    tail_is_complete: bool


@dataclass(frozen=True)
class Evidence:
    """All evidence of one audit. `snapshots` are each table's, oldest first, the current one last.

    `answer` is None when query-api was not asked.
    """

    ledger: Ledger
    taken_at_ms: int
    snapshots: Mapping[str, Sequence[Snapshot]] = field(default_factory=dict)
    files: Mapping[str, TableFiles] = field(default_factory=dict)
    locks: Sequence[Lock] = ()
    answer: Answer | None = None
