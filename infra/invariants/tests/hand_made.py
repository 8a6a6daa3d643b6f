"""Evidence made by hand: a small world in which every promise is kept, to be broken in one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from invariants.evidence import Answer, Evidence, Snapshot
from invariants.ledger import Ledger

NOW_MS = 1_000_000
SENSOR = "SENSOR_001"


def reading_id(number: int) -> bytes:
    return UUID(int=number).bytes


def message(offset: int, number: int | None, *, sensor: str = SENSOR, age_ms: int = 0) -> tuple[object, ...]:
    """A message of partition 0 that is reading `number`; None: one that the contract refuses."""
    who = (None, None) if number is None else (sensor, reading_id(number))
    return (0, offset, NOW_MS - age_ms, *who)


def row(offset: int, number: int, *, sensor: str = SENSOR) -> tuple[object, ...]:
    return (sensor, reading_id(number), 0, offset)


@dataclass
class World:
    """Partition 0 holds offsets 0 to 5; the snapshot holds those below 4.

    0 and 1 are stored, 2 repeats 0, 3 is refused and in the dead letters, 4 and 5 are in flight.
    """

    bounds: list[tuple[object, ...]] = field(default_factory=lambda: [(0, 0, 0, 6, 4, 6)])
    received: list[tuple[object, ...]] = field(
        default_factory=lambda: [
            message(0, 10),
            message(1, 11),
            message(2, 10),
            message(3, None),
            message(4, 14),
            message(5, 15),
        ]
    )
    stored: list[tuple[object, ...]] = field(default_factory=lambda: [row(0, 10), row(1, 11)])
    anomalies: list[tuple[object, ...]] = field(default_factory=list)
    dead_letters: list[tuple[object, ...]] = field(default_factory=lambda: [(0, 3)])
    alerts: list[tuple[object, ...]] = field(default_factory=list)
    answered: list[tuple[object, ...]] = field(default_factory=list)
    snapshots: Mapping[str, Sequence[Snapshot]] = field(
        default_factory=lambda: {"iot.readings": [Snapshot(7, {0: 2}, 2), Snapshot(8, {0: 4}, 2), Snapshot(9, None, 2)]}
    )
    answer: Answer | None = None

    def evidence(self) -> Evidence:
        ledger = Ledger()
        for table in ("bounds", "received", "stored", "anomalies", "dead_letters", "alerts", "answered"):
            ledger.add(table, getattr(self, table))
        return Evidence(ledger, NOW_MS, self.snapshots, answer=self.answer)
