"""Background tasks that live as long as the application, and whose death is noticed."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Self

from service_kit.logging import get_logger

_log = get_logger(__name__)


class BackgroundTasks:
    """Starts tasks that run until the block ends, then cancels and awaits them, the newest first.

    A task that ends earlier, with or without an error, is a fault: it is logged, and `missing` names it for `/readyz`.
    """

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []
        self._ended: dict[str, str] = {}
        self._is_closing = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._is_closing = True
        for task in reversed(self._tasks):
            task.cancel()
            await asyncio.wait([task])

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run `work` in the background; `name` says in logs and in `/readyz` what it does."""
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._on_end)
        self._tasks.append(task)

    async def missing(self) -> str | None:
        """For `/readyz`: which tasks have ended and why, or None while all of them run."""
        if not self._ended:
            return None
        return "; ".join(f"{name!r} has ended ({why})" for name, why in self._ended.items()) + "; restart the service"

    def _on_end(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if self._is_closing and error is None:
            return
        why = "cancelled" if task.cancelled() else "returned" if error is None else repr(error)
        self._ended[task.get_name()] = why
        _log.error("background task ended", task=task.get_name(), reason=why, exc_info=error)
