"""Following the table's commits."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from prometheus_client import CollectorRegistry

from query_api.errors import LakeUnavailableError
from query_api.lakehouse.adoption import Adoption
from query_api.lakehouse.lake import Lake
from query_api.lakehouse.view import ViewStore
from query_api.metrics import Metrics
from service_kit.testing import wait_until

MakeLake = Callable[..., Lake]


class Reader:
    """Gives the lake, or raises the error, that a test put here."""

    def __init__(self, state: Lake | Exception) -> None:
        self.state = state
        self.looks = 0

    def look(self, _held: Lake | None) -> Lake:
        self.looks += 1
        if isinstance(self.state, Exception):
            raise self.state
        return self.state


class Following:
    """An adoption at work, and what it was wired to."""

    def __init__(self, state: Lake | Exception) -> None:
        self.reader = Reader(state)
        self.store = ViewStore(max_tail_rows=100, seen_ids=100)
        self.committed = asyncio.Event()
        self.restarts = 0
        self.adoption = Adoption(
            self.reader,  # type: ignore[arg-type]
            self.store,
            Metrics(self.store, CollectorRegistry()),
            committed=self.committed,
            on_restart=self._restart,
            look_interval_s=60,
            look_limit_s=60,
        )

    def _restart(self) -> None:
        self.restarts += 1

    async def commit(self, state: Lake | Exception) -> None:
        looks = self.reader.looks
        self.reader.state = state
        self.committed.set()
        await wait_until(lambda: self.reader.looks > looks, deadline_s=5, otherwise="it did not look")


@asynccontextmanager
async def following(state: Lake | Exception) -> AsyncIterator[Following]:
    it = Following(state)
    task = asyncio.create_task(it.adoption.run())
    yield it
    task.cancel()
    it.adoption.close()


async def test_an_announced_commit_is_taken_over_at_once(lake: MakeLake) -> None:
    async with following(lake([1], {0: 1}, 1)) as it:
        await asyncio.wait_for(it.adoption.known.wait(), 5)
        newer = lake([1, 2], {0: 2}, 2)
        await it.commit(newer)
        await wait_until(lambda: it.store.view.lake is newer, deadline_s=5, otherwise="not taken over")
        assert (it.restarts, it.adoption.problem) == (0, None)


async def test_a_table_that_cannot_be_read_leaves_what_is_held_and_says_so(lake: MakeLake) -> None:
    held = lake([1], {0: 1}, 1)
    async with following(held) as it:
        await asyncio.wait_for(it.adoption.known.wait(), 5)
        await it.commit(LakeUnavailableError("the NameNode is away"))
        await wait_until(
            lambda: it.adoption.problem == "the NameNode is away", deadline_s=5, otherwise="no problem is told"
        )
        assert it.store.view.lake is held
        await it.commit(lake([1, 2], {0: 2}, 2))
        await wait_until(lambda: it.adoption.problem is None, deadline_s=5, otherwise="the problem is still told")


async def test_nonsense_in_the_table_does_not_end_the_following(lake: MakeLake) -> None:
    async with following(ValueError("not JSON")) as it:
        await wait_until(lambda: "not JSON" in (it.adoption.problem or ""), deadline_s=5, otherwise="no problem told")
        assert not it.adoption.known.is_set()
        await it.commit(lake([], {}, 1))
        await asyncio.wait_for(it.adoption.known.wait(), 5)


@pytest.mark.parametrize("border", [{}, {0: 3}])
async def test_a_border_that_moved_back_restarts_the_consumer(lake: MakeLake, border: dict[int, int]) -> None:
    async with following(lake([1], {0: 5}, 1)) as it:
        await asyncio.wait_for(it.adoption.known.wait(), 5)
        await it.commit(lake([], border, 2))
        await wait_until(lambda: it.restarts == 1, deadline_s=5, otherwise="the consumer goes on")
