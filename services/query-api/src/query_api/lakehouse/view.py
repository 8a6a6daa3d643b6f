"""The one view that answers are made of: a snapshot of the table plus the tail after its offsets. Pure.

Everything here is immutable but `ViewStore`, whose methods are synchronous and run on the event loop only;
so a request that takes `store.view` once has a consistent whole: each distinct reading exactly once.
A repeated reading is known by its identity, sensor and reading_id. The key of a message is its sensor, hence
repetitions stand in one partition, the first one counts, and it is the first that a snapshot holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from iot_contracts.readings import Reading
from iot_domain.decoding import Refusal, decode_reading
from iot_domain.identity import identity
from query_api.lakehouse.decoder import to_batch
from query_api.lakehouse.lake import EMPTY_LAKE, Lake
from query_api.lakehouse.seen_ids import SeenIds
from query_api.lakehouse.tail import UNKNOWN, Offsets, PartitionTail, Tail


@dataclass(frozen=True, slots=True)
class View:
    """What a request works on."""

    lake: Lake = EMPTY_LAKE
    tail: Tail = field(default_factory=Tail)

    @property
    def tail_is_complete(self) -> bool:
        """Whether snapshot and tail join without a gap; if not, answers come from the snapshot alone."""
        return self.lake.border is not None and self.tail.reaches(self.lake.border)


class ViewStore:
    """The current view, and how polls and commits change it."""

    def __init__(self, *, max_tail_rows: int, seen_ids: int) -> None:
        self.view = View()
        self.repeats = 0
        self.refused = 0
        self._max_tail_rows = max_tail_rows
        self._seen_capacity = seen_ids
        self._seen = SeenIds(seen_ids)
        self._positions: dict[int, int] = {}

    @property
    def positions(self) -> Offsets:
        """Partition → offset of the next message to come."""
        return self._positions

    def restart(self, starts: Offsets, ends: Offsets, *, is_same_topic: bool = True) -> None:
        """Begin anew: the consumer will deliver from `starts`, at or before the snapshot's border.

        What lies between is only looked at for its ids. A border past the topic's end means that the topic is
        another one than the snapshot was made from: then nothing joins until a snapshot comes that fits.
        """
        border = self.view.lake.border
        fits = (
            is_same_topic and border is not None and all(border.get(number, 0) <= end for number, end in ends.items())
        )
        self._seen = SeenIds(self._seen_capacity)
        self._positions = dict(starts)
        self.view = View(self.view.lake, Tail({n: PartitionTail(held_from=0 if fits else UNKNOWN) for n in starts}))

    def extend(self, partition: int, messages: Sequence[tuple[int, bytes | None]]) -> list[tuple[int, Refusal]]:
        """Take in one poll of one partition: (offset, value) ascending; returns what was refused, by offset.

        Messages that are no readings (the stream processor makes dead letters of them) are left out and counted,
        repeated readings too. When the tail outgrows its bound it is emptied, and is complete again once a snapshot
        reaches what came after.
        """
        border = (self.view.lake.border or {}).get(partition, 0)
        offsets: list[int] = []
        readings: list[Reading] = []
        refused: list[tuple[int, Refusal]] = []
        for offset, value in messages:
            reading = decode_reading(value)
            if isinstance(reading, Refusal):
                if offset >= border:
                    refused.append((offset, reading))
                continue
            if not self._seen.is_new(identity(partition, reading.sensor_id, reading.reading_id)):
                self.repeats += 1
                continue
            if offset >= border:
                offsets.append(offset)
                readings.append(reading)
        self._positions[partition] = messages[-1][0] + 1
        self.refused += len(refused)
        if readings:
            self._append(partition, offsets, readings)
        return refused

    def advance(self, partition: int, position: int) -> None:
        """Note that nothing more comes below offset `position`; of a partition that is new nothing is known yet."""
        if partition in self._positions:
            self._positions[partition] = max(self._positions[partition], position)

    def adopt(self, lake: Lake) -> bool:
        """Take over a newer state of the table in one step; False when the consumer has to begin anew.

        That is so when the border moved back or came into being (table recreated or rolled back): the
        readings between are no longer here.
        """
        before = self.view.lake.border
        tail = self.view.tail if lake.border is None else self.view.tail.cut(lake.border)
        self.view = View(lake, tail)
        if lake.border is None:
            return before is None
        return before is not None and all(lake.border.get(n, 0) >= offset for n, offset in before.items())

    def _append(self, partition: int, offsets: list[int], readings: list[Reading]) -> None:
        tail = self.view.tail.extended(partition, to_batch(offsets, readings))
        if tail.rows > self._max_tail_rows:
            tail = tail.emptied(self._positions)
        self.view = View(self.view.lake, tail)
