"""A steady background of readings, posted open-loop while something else is measured."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from support.readings import a_reading

TICK_S = 0.1


@asynccontextmanager
async def background_load(ingest_api: str, readings_per_s: int) -> AsyncIterator[None]:
    """Post `readings_per_s` readings a second, in arrays ten times a second, until the block ends.

    Raises RuntimeError at the end when a post was not answered 202: the load was not what it says.
    """
    refused: list[str] = []

    async def post_forever() -> None:
        per_tick = max(1, round(readings_per_s * TICK_S))
        async with httpx.AsyncClient(timeout=30) as http:
            due = time.perf_counter()
            while True:
                batch = [a_reading(f"LOAD_{number:03}") for number in range(per_tick)]
                answer = await http.post(f"{ingest_api}/v1/readings", json=batch)
                if answer.status_code != 202:
                    refused.append(answer.text)
                due += TICK_S
                await asyncio.sleep(max(0.0, due - time.perf_counter()))

    task = asyncio.create_task(post_forever())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    if refused:
        raise RuntimeError(f"the background load was refused {len(refused)} times: {refused[0]}")
