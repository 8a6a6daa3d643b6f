"""A reading has arrived when its frame is read from the socket, however late the client decodes it."""

import asyncio
from functools import partial
from typing import cast
from uuid import UUID

import msgspec
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from bench.batches import readings
from bench.client_lag import ClientLag, Clock
from bench.live import StampedConnection, listen
from iot_contracts.live_frames import ReadingsFrame


async def test_a_busy_receiver_is_lag_and_not_latency() -> None:
    time = [1.0]
    lag = ClientLag(0.025, Clock(now=lambda: time[0]))
    sent = readings(2)

    async def send(socket: ServerConnection) -> None:
        for reading in sent:
            await socket.send(msgspec.json.encode(ReadingsFrame(readings=[reading])), text=True)

    arrived: dict[UUID, float] = {}
    async with serve(send, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        stamped = partial(StampedConnection, clock=lag.clock)
        async with connect(f"ws://127.0.0.1:{port}", create_connection=stamped) as client:  # type: ignore[arg-type]
            socket = cast(StampedConnection, client)
            while len(socket.read_at) < len(sent):
                await asyncio.sleep(0)
            time[0] = 4.0
            await listen(socket, arrived, lag)
    assert arrived == {reading.reading_id: 1.0 for reading in sent}
    assert lag.read_s == [3.0, 3.0]
    assert lag.fell_behind
