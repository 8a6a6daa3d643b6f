"""Decides what becomes of a keyed request: worked on once, and answered the same ever after."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Self, TypeVar

from ingest_api.errors import IdempotencyKeyReusedError, IdempotencyStoreError, RequestRunningError
from ingest_api.idempotency.keys import Identity
from ingest_api.idempotency.repository import Repository
from ingest_api.idempotency.states import Answer, Claim, ClaimResult, Different, Running
from ingest_api.metrics import KeyedOutcome, Metrics
from service_kit.logging import get_logger

DELETE_INTERVAL_S = 60.0
T = TypeVar("T")
_log = get_logger(__name__)


class IdempotencyService:
    """Remembers keyed requests. The file's work is done in a thread of its own, off the event loop."""

    def __init__(self, repository: Repository, metrics: Metrics) -> None:
        self._repository = repository
        self._metrics = metrics
        self._thread = ThreadPoolExecutor(1, "idempotency")
        self._deletion: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._run(self._repository.open)
        self._deletion = asyncio.create_task(self._delete_expired_periodically())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._deletion is not None:
            self._deletion.cancel()
        await self._run(self._repository.close)
        self._thread.shutdown()

    async def claim(self, identity: Identity) -> Claim | Answer:
        """The request as the caller's own, to be completed or released, or the answer that it got the first time.

        Raises RequestRunningError, IdempotencyKeyReusedError, IdempotencyStoreError.
        """
        try:
            found = await self._run(lambda: self._repository.claim(identity))
        except sqlite3.Error as error:
            raise IdempotencyStoreError(repr(error)) from error
        self._metrics.keyed_requests.labels(_outcome(found)).inc()
        if isinstance(found, Running):
            raise RequestRunningError
        if isinstance(found, Different):
            raise IdempotencyKeyReusedError
        return found

    async def complete(self, claim: Claim, answer: Answer) -> None:
        """Keep the answer for repetitions of the request."""
        await self._settle(lambda: self._repository.complete(claim, answer))

    async def release(self, claim: Claim) -> None:
        """Forget the request: it got no answer that a repetition should get too."""
        await self._settle(lambda: self._repository.release(claim))

    async def _settle(self, write: Callable[[], None]) -> None:
        try:
            await self._run(write)
        except sqlite3.Error as error:
            # Kafka's word stands. The lease ends the claim, and the derived ids make a repetition known.
            _log.error("the file of keyed requests can't be written", error=repr(error))

    async def _delete_expired_periodically(self) -> None:
        while True:
            await asyncio.sleep(DELETE_INTERVAL_S)
            await self._settle(self._repository.delete_expired)

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _outcome(found: ClaimResult) -> KeyedOutcome:
    match found:
        case Claim(took_over=took_over):
            return "taken_over" if took_over else "first"
        case Answer():
            return "replayed"
        case Running():
            return "running"
        case Different():
            return "different"
