"""No cost grows with a table's age."""

from __future__ import annotations

from invariants.bounds import MAX_FILES_OF_A_DAY, MAX_SNAPSHOTS
from invariants.evidence import Evidence
from invariants.protocol import Violation


class FilesWithinBounds:
    """Compaction and expiry keep up: a table's snapshots, and the files of each of its days, stay within bounds."""

    name = "files and snapshots stay within bounds"

    def check(self, evidence: Evidence) -> list[Violation]:
        """Find tables of which too much has piled up."""
        details = []
        for table, files in evidence.files.items():
            if files.snapshots > MAX_SNAPSHOTS:
                details.append(f"{table} has {files.snapshots} snapshots, at most {MAX_SNAPSHOTS} are expected")
            if files.most_files_of_a_day > MAX_FILES_OF_A_DAY:
                details.append(
                    f"a day of {table} has {files.most_files_of_a_day} files, at most {MAX_FILES_OF_A_DAY} are expected"
                )
        return [Violation(self.name, "files", detail) for detail in details]
