"""For tests: waiting for a condition instead of sleeping."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

T = TypeVar("T")
POLL_INTERVAL_S = 0.02


@overload
async def wait_until(condition: Callable[[], Awaitable[T | None]], *, deadline_s: float, otherwise: str) -> T: ...
@overload
async def wait_until(condition: Callable[[], T | None], *, deadline_s: float, otherwise: str) -> T: ...
async def wait_until(condition: Callable[[], Any], *, deadline_s: float, otherwise: str) -> Any:
    """Wait until `condition` gives something true and return it.

    Raises AssertionError with `otherwise` and the last value once `deadline_s` seconds have passed.
    """
    give_up_at = time.monotonic() + deadline_s
    while True:
        value = condition()
        if isinstance(value, Awaitable):
            value = await value
        if value:
            return value
        if time.monotonic() > give_up_at:
            raise AssertionError(f"{otherwise} (after {deadline_s} s; last: {value!r})")
        await asyncio.sleep(POLL_INTERVAL_S)
