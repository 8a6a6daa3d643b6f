"""What a table holds of the topic only grows."""

from __future__ import annotations

from itertools import pairwise

from invariants.evidence import Evidence, Snapshot
from invariants.protocol import Violation


class OffsetsNeverGoBack:
    """A snapshot's offsets are never behind those of an earlier snapshot of its table, in no partition."""

    name = "a snapshot's offsets never go back"

    def check(self, evidence: Evidence) -> list[Violation]:
        """Compare each snapshot that carries offsets with the one before it."""
        return [
            Violation(self.name, "backwards", f"{table}, partition {partition}: {step}")
            for table, snapshots in evidence.snapshots.items()
            for earlier, later in pairwise(snapshot for snapshot in snapshots if snapshot.offsets is not None)
            for partition, step in _steps_back(earlier, later)
        ]


def _steps_back(earlier: Snapshot, later: Snapshot) -> list[tuple[int, str]]:
    before, after = earlier.offsets or {}, later.offsets or {}
    return [
        (partition, f"{offset} in snapshot {earlier.id}, {after.get(partition, 'none')} in {later.id} after it")
        for partition, offset in sorted(before.items())
        if after.get(partition, -1) < offset
    ]
