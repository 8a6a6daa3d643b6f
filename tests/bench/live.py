"""How long after POST a reading is in a frame at a WebSocket client, at 200 readings/s, one reading a POST."""

import asyncio
import contextlib
import time
from uuid import UUID

import httpx
import msgspec
from websockets.asyncio.client import ClientConnection, connect

from bench.report import latency_row, print_result, print_table
from iot_contracts.live_frames import LiveFrame, ReadingsFrame
from support.readings import a_reading
from support.stack import Stack, running_stack

READINGS_PER_S = 200
DURATION_S = 40
SENSORS = 50
# After a start the broker's and Spark's JVM compile what the first load makes hot, and that takes both cores. The
# table shows these seconds too.
WARM_UP_S = 20
BAR_P99_MS = 150
LAST_FRAME_S = 5


async def listen(socket: ClientConnection, arrived: dict[UUID, float]) -> None:
    """Note when each reading's frame came."""
    async for message in socket:
        now = time.perf_counter()
        frame = msgspec.json.decode(message, type=LiveFrame)
        if isinstance(frame, ReadingsFrame):
            for reading in frame.readings:
                arrived.setdefault(reading.reading_id, now)


async def post_steadily(stack: Stack, sent: dict[UUID, float]) -> None:
    """Post open-loop: a reading is due at its time whether or not earlier answers have come."""
    async with httpx.AsyncClient(timeout=30) as http, asyncio.TaskGroup() as posts:
        started = time.perf_counter()
        for number in range(READINGS_PER_S * DURATION_S):
            due = started + number / READINGS_PER_S
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            reading = a_reading(f"LIVE_{number % SENSORS:03}")
            # From the time it was due, so that a stall is not hidden by posting less.
            sent[UUID(reading["reading_id"])] = due
            posts.create_task(post(http, stack, reading))


async def post(http: httpx.AsyncClient, stack: Stack, reading: dict[str, object]) -> None:
    """Post one reading; raises when it is refused."""
    answer = await http.post(f"{stack.url('ingest-api')}/v1/readings", json=reading)
    answer.raise_for_status()


async def measure(stack: Stack) -> tuple[list[float], list[float], int]:
    """Latencies in seconds of the warm-up and after it, and how many readings never came (conflated or lost)."""
    sent: dict[UUID, float] = {}
    arrived: dict[UUID, float] = {}
    url = stack.url("dashboard").replace("http", "ws") + "/ws/live"
    async with connect(url, origin=stack.url("dashboard"), max_size=None) as socket:  # type: ignore[arg-type]
        listener = asyncio.create_task(listen(socket, arrived))
        await post_steadily(stack, sent)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_FRAME_S):
                while not sent.keys() <= arrived.keys():
                    await asyncio.sleep(0.01)
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)
    warm = min(sent.values()) + WARM_UP_S
    at_first = [arrived[key] - due for key, due in sent.items() if key in arrived and due < warm]
    latencies = [arrived[key] - due for key, due in sent.items() if key in arrived and due >= warm]
    return at_first, latencies, len(sent.keys() - arrived.keys())


def main() -> None:
    """Measure the running stack and print."""
    at_first, latencies, missing = asyncio.run(measure(running_stack()))
    row = latency_row(latencies)
    print(f"POST to WebSocket frame at {READINGS_PER_S} readings/s over {DURATION_S} s, {len(latencies)} readings")
    print_table({f"first {WARM_UP_S} s": latency_row(at_first), "live": row})
    print_result("live", **row, missing=missing, readings_per_s=READINGS_PER_S, bar_p99_ms=BAR_P99_MS)


if __name__ == "__main__":
    main()
