"""Asks query-api for the count over and over, and notes every answer that breaks a promise."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import httpx

from support.questions import NotAnsweredError
from support.stack import Stack

POLL_S = 0.1


class Watcher:
    """The answers so far. `sent` says how many readings were sent, asked after each answer."""

    def __init__(self, stack: Stack, sent: Callable[[], int]) -> None:
        self._url = f"{stack.url('query-api')}/v1/stats"
        self._sent = sent
        self._largest = 0
        self._before = 0
        self.answers = 0
        self.broken: list[str] = []

    async def begin(self, http: httpx.AsyncClient) -> None:
        """Note what is there before the load begins. Raises NotAnsweredError."""
        self._before = await self.count(http)

    async def watch(self, http: httpx.AsyncClient) -> None:
        """Ask until cancelled."""
        while True:
            with suppress(NotAnsweredError):
                self.judge(await self.count(http))
            await asyncio.sleep(POLL_S)

    async def count(self, http: httpx.AsyncClient) -> int:
        """Ask for the count of everything. Raises NotAnsweredError."""
        try:
            answer = await http.get(self._url)
        except httpx.TransportError as error:
            raise NotAnsweredError(str(error)) from error
        if answer.status_code == 503:
            raise NotAnsweredError(answer.text)
        if answer.status_code != 200:
            self.broken.append(f"answered {answer.status_code}: {answer.text[:200]}")
            raise NotAnsweredError(answer.text)
        return sum(row["count"] for row in answer.json()["rows"])

    def judge(self, count: int) -> None:
        """Note an answer; what was there before the load began is not counted."""
        self.answers += 1
        counted = count - self._before
        if counted < self._largest:
            self.broken.append(f"counted {counted} after {self._largest}")
        elif counted > self._largest and counted > (sent := self._sent()):
            self.broken.append(f"counted {counted} when {sent} were sent")
        self._largest = max(self._largest, counted)

    @property
    def counted(self) -> int:
        """The largest count so far."""
        return self._largest


@asynccontextmanager
async def watching(watcher: Watcher) -> AsyncIterator[None]:
    """Watch while the block runs; what was there when it began is not counted."""
    async with httpx.AsyncClient(timeout=30) as http:
        await watcher.begin(http)
        task = asyncio.create_task(watcher.watch(http))
        try:
            yield
            assert not task.done(), task.exception()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
