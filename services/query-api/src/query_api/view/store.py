"""The current view, and how polls and commits change it. Pure.

The store's methods run on the event loop only, and those that change it are synchronous; so a request that takes
`store.view` once has a consistent whole: each distinct reading exactly once. A repeated reading is known by its
identity, sensor and reading_id. The key of a message is its sensor, hence repetitions stand in one partition, the first
one counts, and it is the first that a snapshot holds.
"""

import asyncio
from collections.abc import Callable, Sequence

from iot_contracts.readings import Reading
from iot_domain.decoding import Refusal, decode_reading
from iot_domain.identity import identity
from query_api.table.state import Offsets, TableState
from query_api.tail.batches import to_batch
from query_api.tail.seen_ids import SeenIds
from query_api.tail.tail import UNKNOWN, PartitionTail, Tail
from query_api.view.view import View

Observe = Callable[[Sequence[Reading]], None]
"""Is shown each distinct reading of the topic once it is decoded."""


def _nobody(_readings: Sequence[Reading]) -> None:
    return


class ViewStore:
    """The current view, and how polls and commits change it."""

    def __init__(self, *, max_tail_rows: int, seen_ids: int, observe: Observe = _nobody) -> None:
        self._observe = observe
        self.view = View()
        self.repeats = 0
        self.refused = 0
        self._max_tail_rows = max_tail_rows
        self._seen_capacity = seen_ids
        self._seen = SeenIds(seen_ids)
        self._positions: dict[int, int] = {}
        self._waiting: list[tuple[Offsets, asyncio.Future[None]]] = []

    async def until_held(self, position: Offsets) -> None:
        """Wait until every message below `position` is in the view."""
        if self.view.holds(position, self._positions):
            return
        held: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((position, held))
        try:
            await held
        finally:
            self._waiting = [one for one in self._waiting if one[1] is not held]

    def _wake(self) -> None:
        for position, held in self._waiting:
            if not held.done() and self.view.holds(position, self._positions):
                held.set_result(None)

    @property
    def positions(self) -> Offsets:
        """Partition → offset of the next message to come."""
        return self._positions

    def restart(self, starts: Offsets, ends: Offsets, *, is_same_topic: bool = True) -> None:
        """Begin anew: the consumer will deliver from `starts`, at or before the snapshot's committed offsets.

        What lies between is only read for its ids. Committed offsets past the topic's end mean that the topic is
        another one than the snapshot was made from: then nothing joins until a snapshot comes that fits.
        """
        committed = self.view.table.committed_offsets
        fits = (
            is_same_topic
            and committed is not None
            and all(committed.get(number, 0) <= end for number, end in ends.items())
        )
        self._seen = SeenIds(self._seen_capacity)
        self._positions = dict(starts)
        self.view = View(self.view.table, Tail({n: PartitionTail(held_from=0 if fits else UNKNOWN) for n in starts}))

    def extend(self, partition: int, messages: Sequence[tuple[int, bytes | None]]) -> list[tuple[int, Refusal]]:
        """Take in one poll of one partition: (offset, value) ascending; returns what was refused, by offset.

        Messages that are no readings (the stream processor makes dead letters of them) are left out and counted,
        repeated readings too. When the tail outgrows its bound it is emptied, and is complete again once a snapshot
        reaches what came after.
        """
        committed = (self.view.table.committed_offsets or {}).get(partition, 0)
        offsets: list[int] = []
        readings: list[Reading] = []
        refused: list[tuple[int, Refusal]] = []
        distinct: list[Reading] = []
        for offset, value in messages:
            reading = decode_reading(value)
            if isinstance(reading, Refusal):
                if offset >= committed:
                    refused.append((offset, reading))
                continue
            if not self._seen.is_new(identity(partition, reading.sensor_id, reading.reading_id)):
                self.repeats += 1
                continue
            distinct.append(reading)
            if offset >= committed:
                offsets.append(offset)
                readings.append(reading)
        self._positions[partition] = messages[-1][0] + 1
        self.refused += len(refused)
        self._observe(distinct)
        if readings:
            self._append(partition, offsets, readings)
        self._wake()
        return refused

    def advance(self, partition: int, position: int) -> None:
        """Note that nothing more comes below offset `position`; of a partition that is new nothing is known yet."""
        if partition in self._positions:
            self._positions[partition] = max(self._positions[partition], position)
            self._wake()

    def refresh_table(self, table: TableState) -> bool:
        """Replace the table by a newer state of it in one step; False when the consumer has to begin anew.

        That is so when the committed offsets moved back or came into being (table recreated or rolled back): the
        readings between are no longer here.
        """
        before = self.view.table.committed_offsets
        tail = self.view.tail if table.committed_offsets is None else self.view.tail.cut(table.committed_offsets)
        self.view = View(table, tail)
        self._wake()
        if table.committed_offsets is None:
            return before is None
        return before is not None and all(table.committed_offsets.get(n, 0) >= offset for n, offset in before.items())

    def _append(self, partition: int, offsets: list[int], readings: list[Reading]) -> None:
        tail = self.view.tail.extended(partition, to_batch(offsets, readings))
        if tail.rows > self._max_tail_rows:
            tail = tail.emptied(self._positions)
        self.view = View(self.view.table, tail)
