"""Following the table's commits."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from query_api.errors import TableUnavailableError
from query_api.table.state import TableState
from query_api.view.refresher import SnapshotRefresher
from query_api.view.store import ViewStore
from service_kit.testing import wait_until

MakeState = Callable[..., TableState]


class Reader:
    """Gives the state, or raises the error, that a test put here."""

    def __init__(self, state: TableState | Exception) -> None:
        self.state = state
        self.reads = 0

    def refresh(self, _held: TableState | None) -> TableState:
        self.reads += 1
        if isinstance(self.state, Exception):
            raise self.state
        return self.state


class Following:
    """An refresher at work, and what it was wired to."""

    def __init__(self, state: TableState | Exception) -> None:
        self.reader = Reader(state)
        self.store = ViewStore(max_tail_rows=100, seen_ids=100)
        self.committed = asyncio.Event()
        self.restarts = 0
        self.refresher = SnapshotRefresher(
            self.reader,  # type: ignore[arg-type]
            self.store,
            observe=lambda _seconds: None,
            committed=self.committed,
            on_restart=self._restart,
            refresh_interval_s=60,
            refresh_limit_s=60,
        )

    def _restart(self) -> None:
        self.restarts += 1

    async def commit(self, state: TableState | Exception) -> None:
        reads = self.reader.reads
        self.reader.state = state
        self.committed.set()
        await wait_until(lambda: self.reader.reads > reads, deadline_s=5, otherwise="it did not look")


@asynccontextmanager
async def following(state: TableState | Exception) -> AsyncIterator[Following]:
    it = Following(state)
    task = asyncio.create_task(it.refresher.run())
    yield it
    task.cancel()
    it.refresher.close()


async def test_an_announced_commit_is_taken_over_at_once(state: MakeState) -> None:
    async with following(state([1], {0: 1}, 1)) as it:
        await asyncio.wait_for(it.refresher.known.wait(), 5)
        newer = state([1, 2], {0: 2}, 2)
        await it.commit(newer)
        await wait_until(lambda: it.store.view.table is newer, deadline_s=5, otherwise="not taken over")
        assert (it.restarts, it.refresher.problem) == (0, None)


async def test_a_table_that_cannot_be_read_leaves_what_is_held_and_says_so(state: MakeState) -> None:
    held = state([1], {0: 1}, 1)
    async with following(held) as it:
        await asyncio.wait_for(it.refresher.known.wait(), 5)
        await it.commit(TableUnavailableError("the NameNode is away"))
        await wait_until(
            lambda: it.refresher.problem == "the NameNode is away", deadline_s=5, otherwise="no problem is told"
        )
        assert it.store.view.table is held
        await it.commit(state([1, 2], {0: 2}, 2))
        await wait_until(lambda: it.refresher.problem is None, deadline_s=5, otherwise="the problem is still told")


async def test_nonsense_in_the_table_does_not_end_the_following(state: MakeState) -> None:
    async with following(ValueError("not JSON")) as it:
        await wait_until(lambda: "not JSON" in (it.refresher.problem or ""), deadline_s=5, otherwise="no problem told")
        assert not it.refresher.known.is_set()
        await it.commit(state([], {}, 1))
        await asyncio.wait_for(it.refresher.known.wait(), 5)


@pytest.mark.parametrize("committed", [{}, {0: 3}])
async def test_a_border_that_moved_back_restarts_the_consumer(state: MakeState, committed: dict[int, int]) -> None:
    async with following(state([1], {0: 5}, 1)) as it:
        await asyncio.wait_for(it.refresher.known.wait(), 5)
        await it.commit(state([], committed, 2))
        await wait_until(lambda: it.restarts == 1, deadline_s=5, otherwise="the consumer goes on")
