"""Decides about a keyed request: it is processed once, and repetitions get the stored answer."""

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
    """Stores answers to keyed requests. The file is used in a thread of its own, off the event loop."""

    def __init__(self, repository: Repository, metrics: Metrics) -> None:
        self._repository = repository
        self._metrics = metrics
        self._thread = ThreadPoolExecutor(1, "idempotency")

    async def __aenter__(self) -> Self:
        await self._run(self._repository.open)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._run(self._repository.close)
        self._thread.shutdown()

    async def run(self) -> None:
        """Delete expired answers from time to time, until cancelled."""
        while True:
            await asyncio.sleep(DELETE_INTERVAL_S)
            await self._write(self._repository.delete_expired)

    async def claim(self, identity: Identity) -> Claim | Answer:
        """Reserve the request for the caller, who must complete or release it; or return its stored answer.

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
        """Store the answer for repetitions of the request."""
        await self._write(lambda: self._repository.complete(claim, answer))

    async def release(self, claim: Claim) -> None:
        """Delete the claim: the request has no answer to store, and a repetition is processed."""
        await self._write(lambda: self._repository.release(claim))

    async def _write(self, write: Callable[[], None]) -> None:
        try:
            await self._run(write)
        except sqlite3.Error as error:
            # Kafka has the readings. The lease ends the claim, and a repetition derives the same reading ids.
            _log.error("cannot write the file of stored answers", error=repr(error))

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
