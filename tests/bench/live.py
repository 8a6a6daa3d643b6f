"""How long after POST a reading is in a frame at a WebSocket client, at 200 readings/s, one reading a POST."""

import asyncio
import contextlib
import json
import sys
from collections import deque
from functools import partial
from typing import Any, cast
from uuid import UUID

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.frames import Frame, Opcode
from websockets.protocol import Event

from bench.batches import PATH
from bench.client_lag import ClientLag, Clock
from bench.http_requests import request_bytes
from bench.open_loop import open_loop, run_precisely
from bench.percentiles import latency_row
from bench.report import print_result, print_table
from iot_contracts.live_frames import LiveFrame, ReadingsFrame
from support.readings import a_reading
from support.stack import Stack, running_stack

READINGS_PER_S = 200
DURATION_S = 40
SENSORS = 50
MAX_CONNECTIONS = 256
# After a start the broker's and Spark's JVM compile what the first load makes hot, and that takes both cores. The
# table shows these seconds too.
WARM_UP_S = 20
BAR_P99_MS = 150
MAX_LAG_S = 0.025
LAST_FRAME_S = 5


class StampedConnection(ClientConnection):
    """Notes when each message came out of the socket, which is before a busy client gets to decode it."""

    def __init__(self, *arguments: Any, clock: Clock, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.read_at: deque[float] = deque()
        """Of the messages that nobody has received yet."""
        self._clock = clock
        self._last_read = 0.0

    def data_received(self, data: bytes) -> None:
        self._last_read = self._clock.now()
        super().data_received(data)

    def process_event(self, event: Event) -> None:
        if isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.BINARY):  # a message is one frame here
            self.read_at.append(self._last_read)
        super().process_event(event)


async def listen(socket: StampedConnection, arrived: dict[UUID, float], lag: ClientLag) -> None:
    """Note when each reading's frame came out of the socket."""
    async for message in socket:
        frame = msgspec.json.decode(message, type=LiveFrame)
        read_at = socket.read_at.popleft()
        lag.decoded(read_at)
        if isinstance(frame, ReadingsFrame):
            for reading in frame.readings:
                arrived.setdefault(reading.reading_id, read_at)


async def measure(stack: Stack, lag: ClientLag) -> tuple[list[float], list[float], int]:
    """Latencies in seconds of the warm-up and after it, and how many readings never came (conflated or lost).

    Raises AssertionError when a reading was not accepted.
    """
    numbers: dict[UUID, int] = {}
    arrived: dict[UUID, float] = {}

    def request(number: int) -> bytes:
        reading = a_reading(f"LIVE_{number % SENSORS:03}")
        numbers[UUID(reading["reading_id"])] = number
        return request_bytes(PATH, json.dumps(reading).encode())

    origin = stack.url("dashboard")
    connection = connect(
        origin.replace("http", "ws") + "/ws/live",
        origin=origin,  # type: ignore[arg-type] # a NewType of str
        create_connection=partial(StampedConnection, clock=lag.clock),  # type: ignore[arg-type] # any callable does
        max_size=None,
        max_queue=None,  # a full queue would leave messages in the socket, unstamped
    )
    async with connection as socket, lag.watched():
        listener = asyncio.create_task(listen(cast(StampedConnection, socket), arrived, lag))
        outcome = await open_loop(
            stack.port("INGEST_API"),
            request,
            lag,
            per_s=READINGS_PER_S,
            seconds=DURATION_S,
            max_connections=MAX_CONNECTIONS,
        )
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_FRAME_S):
                while not numbers.keys() <= arrived.keys():
                    await asyncio.sleep(0.01)
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)
    assert set(outcome.statuses) == {202}, outcome.statuses
    assert not outcome.unsent, f"{outcome.unsent} readings found every connection waiting for an answer"
    # From the time each was due, so that a stall is not hidden by posting less.
    due = {key: outcome.due[number] for key, number in numbers.items()}
    warm = min(due.values()) + WARM_UP_S
    at_first = [arrived[key] - then for key, then in due.items() if key in arrived and then < warm]
    latencies = [arrived[key] - then for key, then in due.items() if key in arrived and then >= warm]
    return at_first, latencies, len(due.keys() - arrived.keys())


def main() -> int:
    """Measure the running stack and print."""
    lag = ClientLag(MAX_LAG_S)
    at_first, latencies, missing = run_precisely(measure(running_stack(), lag))
    row = latency_row(latencies)
    print(f"POST to WebSocket frame at {READINGS_PER_S} readings/s over {DURATION_S} s, {len(latencies)} readings")
    print_table({f"first {WARM_UP_S} s": latency_row(at_first), "live": row, **lag.rows()})
    return print_result("live", lag, **row, missing=missing, readings_per_s=READINGS_PER_S, bar_p99_ms=BAR_P99_MS)


if __name__ == "__main__":
    sys.exit(main())
