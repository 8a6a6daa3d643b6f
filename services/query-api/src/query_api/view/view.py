"""What an answer is made of: a snapshot of the table plus the tail after its offsets. Pure and immutable."""

from dataclasses import dataclass, field

from query_api.table.state import NO_TABLE, Offsets, TableState
from query_api.tail.tail import Tail


@dataclass(frozen=True, slots=True)
class View:
    """What a request works on."""

    table: TableState = NO_TABLE
    tail: Tail = field(default_factory=Tail)

    @property
    def tail_is_complete(self) -> bool:
        """Whether snapshot and tail join without a gap; if not, answers come from the snapshot alone."""
        return self.table.committed_offsets is not None and self.tail.reaches(self.table.committed_offsets)

    def holds(self, position: Offsets, read: Offsets) -> bool:
        """Whether every message below `position` is in the answers; the tail has been `read` so far."""
        committed = self.table.committed_offsets or {}
        tail = read if self.tail_is_complete else {}
        return all(
            max(committed.get(partition, 0), tail.get(partition, 0)) >= offset for partition, offset in position.items()
        )
