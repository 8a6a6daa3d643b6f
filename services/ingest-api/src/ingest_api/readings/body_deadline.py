"""Limits the time that a request body may take to arrive."""

import asyncio
from typing import Any

from starlette.requests import Request

from ingest_api.errors import BodyTimeoutError
from ingest_api.readings.body import Reservation, read_body
from iot_contracts.problems import PROBLEM_MEDIA_TYPE

CHECKS_PER_TIMEOUT = 10
TIMEOUT_RESPONSE: dict[int | str, dict[str, Any]] = {
    408: {
        "description": "The body was not received in time. Nothing was accepted.",
        "content": {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}


class BodyDeadline:
    """Reads bodies, and cancels reads that take longer than `timeout_s`, or up to a tenth more.

    A client that stalls must not use up the bytes in flight. One task checks all bodies ten times in that time: a
    timer for each of them would make every request a tenth slower.
    """

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._checks = 0
        self._begun_at_check: dict[asyncio.Task[Any], int] = {}
        self._overdue: set[asyncio.Task[Any]] = set()

    async def run(self) -> None:
        """Cancel overdue reads, until cancelled."""
        while True:
            await asyncio.sleep(self._timeout_s / CHECKS_PER_TIMEOUT)
            self._cancel_overdue()

    async def read(self, request: Request, reservation: Reservation) -> bytes:
        """The whole body; see `read_body`. Raises BodyTimeoutError, and what `read_body` raises."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in a task
        self._begun_at_check[task] = self._checks
        try:
            return await read_body(request, reservation)
        except asyncio.CancelledError:
            if task not in self._overdue:
                raise
            self._overdue.remove(task)
            if task.uncancel():
                raise
            raise BodyTimeoutError(
                f"The body was not complete after {self._timeout_s:g} s; send it again, faster or in smaller batches",
                headers={"Connection": "close"},
            ) from None
        finally:
            del self._begun_at_check[task]

    def _cancel_overdue(self) -> None:
        self._checks += 1
        for task, begun_at in self._begun_at_check.items():
            if self._checks - begun_at <= CHECKS_PER_TIMEOUT:
                return  # they are in the order in which they began
            if task not in self._overdue:
                self._overdue.add(task)
                task.cancel()
