import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI, Request

from ingest_api.errors import BodyTimeoutError
from ingest_api.metrics import Metrics
from ingest_api.readings.body import reserve
from ingest_api.readings.body_deadline import BodyDeadline
from ingest_api.readings.byte_budget import ByteBudget
from service_kit.tasks import BackgroundTasks
from service_kit.testing import wait_until


@asynccontextmanager
async def running(bodies: BodyDeadline) -> AsyncIterator[BodyDeadline]:
    async with BackgroundTasks() as tasks:
        tasks.start(bodies.run(), "cancel overdue request bodies")
        yield bodies


def a_request(*chunks: bytes, stalls: bool) -> Request:
    """A request whose chunks come at once; after them the client is silent, or the body ends."""
    waiting = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]

    async def receive() -> Any:
        if waiting:
            return waiting.pop(0)
        if stalls:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": b"", "more_body": False}

    return Request({"type": "http", "headers": [(b"content-length", b"9000")]}, receive)


async def test_a_client_that_stalls_is_refused_and_its_bytes_are_given_back(metrics: Metrics) -> None:
    budget = ByteBudget(10_000, metrics.in_flight_bytes)
    async with running(BodyDeadline(0.02)) as bodies:
        with reserve(budget, 10_000) as reservation:
            with pytest.raises(BodyTimeoutError, match=r"not complete after 0\.02 s"):
                await bodies.read(a_request(b"[", stalls=True), reservation)
            assert budget.used_bytes == 9000
    assert budget.used_bytes == 0


async def test_a_body_that_comes_in_time_is_read_whatever_another_one_does(metrics: Metrics) -> None:
    budget = ByteBudget(20_000, metrics.in_flight_bytes)
    async with running(BodyDeadline(0.02)) as bodies:
        with reserve(budget, 10_000) as stalled, reserve(budget, 10_000) as reservation:
            stalling = asyncio.create_task(bodies.read(a_request(stalls=True), stalled))
            assert await bodies.read(a_request(b"[", b"]", stalls=False), reservation) == b"[]"
            with pytest.raises(BodyTimeoutError):
                await stalling


async def test_another_cancellation_stays_one(metrics: Metrics) -> None:
    async with running(BodyDeadline(60)) as bodies:
        with reserve(ByteBudget(10_000, metrics.in_flight_bytes), 10_000) as reservation:
            stalling = asyncio.create_task(bodies.read(a_request(b"[", stalls=True), reservation))
            await wait_until(lambda: reservation.reserved_bytes, deadline_s=2, otherwise="nothing was read")
            stalling.cancel()
            with pytest.raises(asyncio.CancelledError):
                await stalling


async def test_the_refusal_is_a_problem(app: FastAPI) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/readings",
        "raw_path": b"/v1/readings",
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")],
    }
    async with running(BodyDeadline(0.02)) as bodies:
        app.state.runtime = replace(app.state.runtime, bodies=bodies)
        await app(scope, a_request(stalls=True).receive, send)
    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]
    assert b"body_timeout" in sent[1]["body"]
