"""What the doctor looks at. What could not be looked at is None, or is not in a mapping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from runtimes.retention import Kept


@dataclass(frozen=True)
class ProgramFact:
    """One program: `reason` says why it is not ready (empty: it is).

    `port_holders` says who has its ports while it is down.
    """

    name: str
    state: str
    reason: str = ""
    exits_in_the_last_hour: int = 0
    port_holders: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class MachineFact:
    """This machine. `clock_ahead_s` is how far the clock is ahead of the file system's, negative when behind."""

    disk_free_bytes: int
    disk_total_bytes: int
    memory_available_bytes: int
    memory_total_bytes: int
    clock_ahead_s: float


@dataclass(frozen=True)
class PartitionFact:
    """One partition of `iot-sensors`: what of it is not stored, and how much Kafka keeps.

    Ages and times are in seconds; `oldest_unread_age_s` is None when everything is stored. `newest_in_future_s` says
    how far the newest message's append time is ahead of this machine's clock.
    """

    partition: int
    unread: int
    oldest_unread_age_s: float | None
    retention_s: float | None
    unread_bytes: int
    retention_bytes: int | None
    newest_in_future_s: float = 0.0


@dataclass(frozen=True)
class LockFact:
    """One lock of the metastore."""

    id: int
    table: str
    age_s: float
    holder: str


@dataclass(frozen=True)
class TableFact:
    """What a table's metadata names."""

    name: str
    snapshots: int
    data_files: int
    most_files_of_a_day: int


@dataclass(frozen=True)
class Facts:
    """All that was seen. `unseen` says what could not be looked at, and why."""

    is_up: bool
    programs: Sequence[ProgramFact]
    machine: MachineFact
    query_lag: int | None = None
    partitions: Sequence[PartitionFact] = ()
    locks: Sequence[LockFact] = ()
    tables: Sequence[TableFact] = ()
    kept: Sequence[Kept] = ()
    outdated_environments: Sequence[str] = ()
    wrong_jars: Sequence[str] = ()
    changed_settings: Sequence[str] = ()
    unseen: Mapping[str, str] = field(default_factory=dict)
