"""One writer a client: in order while it keeps up, conflated and told when it does not."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
from prometheus_client import CollectorRegistry

from dashboard.live.connection import Connection
from dashboard.live.encoding import EncodedFrame
from dashboard.metrics import Metrics
from iot_contracts.live_frames import GapFrame, LiveFrame, ReadingsFrame, SnapshotFrame
from iot_contracts.readings import Reading
from service_kit.testing import wait_until


class Client:
    """Takes frames while its gate is open."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self.frames: list[LiveFrame] = []

    async def take(self, text: str) -> None:
        await self.open.wait()
        self.frames.append(msgspec.json.decode(text, type=LiveFrame))


def make_connection(client: Client, *, max_pending_items: int = 5, send_timeout_s: float = 5) -> Connection:
    return Connection(
        client.take,
        Metrics(CollectorRegistry()),
        max_pending_items=max_pending_items,
        max_keys=10,
        send_timeout_s=send_timeout_s,
    )


@asynccontextmanager
async def written(connection: Connection) -> AsyncIterator[None]:
    writer = asyncio.create_task(connection.write())
    yield
    writer.cancel()
    await asyncio.gather(writer, return_exceptions=True)


def frame(*readings: Reading) -> EncodedFrame:
    return EncodedFrame.of(ReadingsFrame(readings=list(readings)))


async def test_frames_go_out_in_order(reading: Callable[..., Reading]) -> None:
    client = Client()
    connection = make_connection(client)
    async with written(connection):
        for number in range(3):
            connection.offer(frame(reading(number)))
        await wait_until(lambda: len(client.frames) == 3, deadline_s=2, otherwise="three frames were offered")
    assert client.frames == [ReadingsFrame(readings=[reading(number)]) for number in range(3)]


async def test_a_slow_client_gets_the_gap_and_then_the_latest_of_each_sensor(reading: Callable[..., Reading]) -> None:
    client = Client()
    client.open.clear()
    connection = make_connection(client)
    async with written(connection):
        for number in range(100):
            connection.offer(frame(reading(number, f"SENSOR_{number % 2}")))
        client.open.set()
        await wait_until(lambda: len(client.frames) == 2, deadline_s=2, otherwise="a gap and the latest are due")
        connection.offer(frame(reading(100)))
        await wait_until(lambda: len(client.frames) == 3, deadline_s=2, otherwise="live frames go on after a gap")
    assert client.frames == [
        GapFrame(conflated=98),
        ReadingsFrame(readings=[reading(98, "SENSOR_0"), reading(99, "SENSOR_1")]),
        ReadingsFrame(readings=[reading(100)]),
    ]


async def test_what_waits_for_a_client_is_bounded(reading: Callable[..., Reading]) -> None:
    connection = make_connection(Client(), max_pending_items=5)
    for number in range(1000):
        connection.offer(frame(reading(number)))
        assert len(connection._pending) <= 5


async def test_one_frame_larger_than_the_limit_still_goes_out(reading: Callable[..., Reading]) -> None:
    client = Client()
    connection = make_connection(client, max_pending_items=2)
    large = [reading(number) for number in range(10)]
    async with written(connection):
        connection.offer(frame(*large))
        await wait_until(lambda: client.frames, deadline_s=2, otherwise="the frame is due")
    assert client.frames == [ReadingsFrame(readings=large)]


async def test_the_snapshot_stays_first_whatever_is_conflated(reading: Callable[..., Reading]) -> None:
    client = Client()
    connection = make_connection(client, max_pending_items=3)
    snapshot = SnapshotFrame(readings=[reading(0)], alerts=[], windows=[], server_time=reading(0).timestamp)
    connection.offer(EncodedFrame.of(snapshot))
    for number in range(1, 10):
        connection.offer(frame(reading(number)))
    async with written(connection):
        await wait_until(lambda: len(client.frames) == 3, deadline_s=2, otherwise="snapshot, gap and latest are due")
    assert client.frames == [snapshot, GapFrame(conflated=8), ReadingsFrame(readings=[reading(9)])]


async def test_a_client_that_takes_nothing_is_given_up(reading: Callable[..., Reading]) -> None:
    client = Client()
    client.open.clear()
    connection = make_connection(client, send_timeout_s=0.05)
    connection.offer(frame(reading(1)))
    writer = asyncio.create_task(connection.write())
    await wait_until(writer.done, deadline_s=2, otherwise="the writer waits for ever")
    assert isinstance(writer.exception(), TimeoutError)
