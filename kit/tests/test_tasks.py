"""Background tasks end with the block; one that ends earlier makes the service not ready."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from service_kit.tasks import BackgroundTasks
from service_kit.testing import wait_until

Work = Callable[[], Coroutine[Any, Any, None]]


async def forever(ended: list[str], name: str) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        ended.append(name)


async def test_tasks_are_cancelled_and_awaited_the_newest_first() -> None:
    ended: list[str] = []
    async with BackgroundTasks() as tasks:
        tasks.start(forever(ended, "first"), "first")
        tasks.start(forever(ended, "second"), "second")
        await asyncio.sleep(0)
        assert await tasks.missing() is None
    assert ended == ["second", "first"]
    assert await tasks.missing() is None


async def fails() -> None:
    raise ValueError("a bug")


async def returns() -> None:
    return


async def is_cancelled() -> None:
    raise asyncio.CancelledError


@pytest.mark.parametrize(
    ("work", "why"), [(fails, "ValueError('a bug')"), (returns, "returned"), (is_cancelled, "cancelled")]
)
async def test_a_task_that_ends_is_named_with_the_reason(work: Work, why: str) -> None:
    ended: list[str] = []
    async with BackgroundTasks() as tasks:
        tasks.start(work(), "read keys")
        tasks.start(forever(ended, "other"), "other")
        missing = await wait_until(tasks.missing, deadline_s=2, otherwise="the end was not noticed")
    assert missing == f"'read keys' has ended ({why}); restart the service"
    assert ended == ["other"], "the others run on until the end"
