"""No cost grows with a table's age."""

from __future__ import annotations

from dataclasses import dataclass

from invariants.evidence import Evidence
from invariants.protocol import Violation


@dataclass(frozen=True)
class Bounds:
    """How much is normal between two runs of the maintenance.

    A commit every 3 s makes 200 snapshots and files in the 10 minutes between two runs, and what was replaced stays
    for 15 minutes more: 500. Twice that leaves room for runs that take their time.
    """

    snapshots: int = 1_000
    files_of_a_day: int = 1_000


class FilesWithinBounds:
    """Compaction and expiry keep up: a table's snapshots, and the files of each of its days, stay within bounds."""

    name = "files and snapshots stay within bounds"

    def __init__(self, bounds: Bounds | None = None) -> None:
        self._bounds = bounds or Bounds()

    def check(self, evidence: Evidence) -> list[Violation]:
        """Find tables of which too much has piled up."""
        details = []
        for table, files in evidence.files.items():
            if files.snapshots > self._bounds.snapshots:
                details.append(
                    f"{table} has {files.snapshots} snapshots, at most {self._bounds.snapshots} are expected"
                )
            if files.most_files_of_a_day > self._bounds.files_of_a_day:
                details.append(
                    f"a day of {table} has {files.most_files_of_a_day} files, "
                    f"at most {self._bounds.files_of_a_day} are expected"
                )
        return [Violation(self.name, "files", detail) for detail in details]
