"""A steady background of readings, posted open-loop while something else is measured."""

import asyncio
import contextlib
import json
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bench.batches import PATH
from bench.client_lag import ClientLag
from bench.http_requests import request_bytes
from bench.open_loop import OpenLoopOutcome, open_loop
from support.readings import a_reading

POSTS_PER_S = 10
MAX_CONNECTIONS = 8


@asynccontextmanager
async def background_load(ingest_port: int, readings_per_s: int, lag: ClientLag) -> AsyncIterator[None]:
    """Post `readings_per_s` readings a second, in arrays ten times a second, until the block ends.

    Raises RuntimeError at the end when a post was not answered 202: the load was not what it says.
    """
    per_post = max(1, round(readings_per_s / POSTS_PER_S))
    outcome = OpenLoopOutcome()

    def request(_: int) -> bytes:
        return request_bytes(PATH, json.dumps([a_reading(f"LOAD_{number:03}") for number in range(per_post)]).encode())

    posts = open_loop(
        ingest_port,
        request,
        lag,
        per_s=POSTS_PER_S,
        seconds=math.inf,
        max_connections=MAX_CONNECTIONS,
        outcome=outcome,
    )
    task = asyncio.create_task(posts)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    if outcome.unsent or set(outcome.statuses) != {202}:
        raise RuntimeError(f"the background load was not taken: {outcome.statuses}, {outcome.unsent} unsent")
