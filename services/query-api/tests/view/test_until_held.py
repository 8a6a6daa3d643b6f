"""Waiting for a client's own writes."""

import asyncio
from collections.abc import Callable

from iot_contracts.readings import Reading
from query_api.table.state import TableState
from query_api.view.store import ViewStore


def new_store(state: Callable[..., TableState]) -> ViewStore:
    """A table with offsets 0 to 2 of partition 0, and a tail that begins there."""
    store = ViewStore(max_tail_rows=1000, seen_ids=1000)
    store.refresh_table(state([1, 2, 3], {0: 3}))
    store.restart({0: 3}, {0: 3})
    return store


async def test_what_the_table_holds_is_not_waited_for(state: Callable[..., TableState]) -> None:
    await asyncio.wait_for(new_store(state).until_held({0: 3}), 1)


async def test_a_poll_up_to_the_position_ends_the_wait(
    state: Callable[..., TableState], message: Callable[..., bytes]
) -> None:
    store = new_store(state)
    waiting = asyncio.create_task(store.until_held({0: 5}))
    await asyncio.sleep(0)
    store.extend(0, [(3, message(4))])
    await asyncio.sleep(0)
    assert not waiting.done()
    store.extend(0, [(4, message(5))])
    await asyncio.wait_for(waiting, 1)


async def test_every_partition_has_to_be_read(state: Callable[..., TableState], message: Callable[..., bytes]) -> None:
    store = new_store(state)
    waiting = asyncio.create_task(store.until_held({0: 4, 1: 1}))
    store.extend(0, [(3, message(4))])
    await asyncio.sleep(0)
    assert not waiting.done()
    store.refresh_table(state([1, 2, 3, 4, 5], {0: 4, 1: 1}, 2))
    await asyncio.wait_for(waiting, 1)


async def test_a_tail_that_does_not_join_the_table_holds_nothing(
    state: Callable[..., TableState], message: Callable[..., bytes], reading: Callable[..., Reading]
) -> None:
    store = ViewStore(max_tail_rows=1, seen_ids=1000)
    store.refresh_table(state([1, 2, 3], {0: 3}))
    store.restart({0: 3}, {0: 3})
    store.extend(0, [(3, message(4)), (4, message(5))])
    assert not store.view.tail_is_complete
    assert not store.view.holds({0: 4}, store.positions)


async def test_who_gives_up_waits_no_longer(state: Callable[..., TableState], message: Callable[..., bytes]) -> None:
    store = new_store(state)
    waiting = asyncio.create_task(store.until_held({0: 4}))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    store.extend(0, [(3, message(4))])
    assert store.view.holds({0: 4}, store.positions)
