"""The public live stream on a whole stack: what is posted comes, to sockets, events, iotctl and the examples."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect

from iot_contracts.stream_frames import ReadingsData, StreamError, StreamFrame, Subscribed
from service_kit.testing import wait_until
from stack.paths import NODE_HOME
from support.readings import a_reading, a_sensor
from support.stack import PROJECT, Stack

PAGE = PROJECT / "docs" / "how-to" / "follow-live-messages.md"
DEADLINE_S = 30
pytestmark = pytest.mark.timeout(180)


def address(stack: Stack) -> str:
    return stack.url("dashboard").replace("http", "ws") + "/v1/stream"


async def frame(socket: ClientConnection) -> StreamFrame:
    async with asyncio.timeout(DEADLINE_S):
        text = await socket.recv()
    decoded: StreamFrame = msgspec.json.decode(text, type=StreamFrame)
    return decoded


async def data(socket: ClientConnection) -> ReadingsData:
    """The next readings; heartbeats may come between."""
    while not isinstance(found := await frame(socket), ReadingsData):
        pass
    return found


async def post(stack: Stack, http: httpx.AsyncClient, sensor_id: str, *values: float) -> None:
    readings = [a_reading(sensor_id, value) for value in values]
    answer = await http.post(f"{stack.url('ingest-api')}/v1/readings", json=readings)
    assert answer.status_code == 202


async def test_readings_come_by_filter_and_a_break_is_bridged(stack: Stack, http: httpx.AsyncClient) -> None:
    sensor_id, other = a_sensor("streamed"), a_sensor("other")
    subscribe = {"type": "subscribe", "topic": "readings", "filter": {"sensor_id": [sensor_id]}, "snapshot": False}
    async with connect(address(stack)) as socket:
        await socket.send("rubbish")
        assert isinstance(await frame(socket), StreamError)
        await socket.send(json.dumps(subscribe))
        subscribed = await frame(socket)
        assert isinstance(subscribed, Subscribed)
        await post(stack, http, other, 1.0)
        await post(stack, http, sensor_id, 2.0)
        first = await data(socket)
        assert [reading.value for reading in first.data] == [2.0]
    await post(stack, http, sensor_id, 3.0, 4.0)
    position = {"epoch": subscribed.epoch, "sequence": first.sequence}
    async with connect(address(stack)) as socket:
        await socket.send(json.dumps({**subscribe, "resume": position}))
        again = await frame(socket)
        assert isinstance(again, Subscribed)
        assert again.recovered
        values: list[float] = []
        while len(values) < 2:
            values += [reading.value for reading in (await data(socket)).data]
        assert values == [3.0, 4.0]


async def test_events_carry_the_same_readings(stack: Stack, http: httpx.AsyncClient) -> None:
    sensor_id = a_sensor("events")
    query = {"topic": "readings", "sensor_id": sensor_id}
    async with http.stream("GET", f"{stack.url('dashboard')}/v1/events", params=query) as answer:
        lines = answer.aiter_lines()
        async with asyncio.timeout(DEADLINE_S):
            while await anext(lines) != "event: subscribed":
                pass
            await post(stack, http, sensor_id, 5.0)
            while not ((line := await anext(lines)).startswith("data: ") and '"value":5.0' in line):
                pass


@contextmanager
def printing(command: list[str], log: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A program that prints to a file until the block ends."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **environment})
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=DEADLINE_S)


def holds(log: Path, text: str) -> bool:
    return text in log.read_text()


async def until_printed(stack: Stack, http: httpx.AsyncClient, sensor_id: str, log: Path, line: str) -> None:
    """Post readings of the sensor until one is printed: the program may still be connecting."""

    async def printed() -> bool:
        await post(stack, http, sensor_id, 21.5)
        return holds(log, line)

    await wait_until(printed, deadline_s=DEADLINE_S, otherwise=f"{line!r} was not printed")


async def test_iotctl_watch_prints_what_comes_and_ends_quietly(
    stack: Stack, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    sensor_id, log = a_sensor("watched"), tmp_path / "log"
    iotctl = [str(PROJECT / ".local" / "bin" / "iotctl"), "watch", "readings", "--sensor-id", sensor_id]
    environment = {"PORT_OFFSET": str(stack.port_offset), "STATE_DIR": str(stack.state_dir)}
    with printing(iotctl, log, environment) as process:
        await until_printed(stack, http, sensor_id, log, f"{sensor_id}  temperature 21.5 Celsius  Tangier-Centre")
    assert process.returncode == 0
    assert not holds(log, "Traceback")


def example(language: str, stack: Stack) -> str:
    """The how-to page's example, for this stack."""
    (code,) = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len([line for line in code.splitlines() if line]) <= 10
    return str(code).replace("ws://localhost:8000/v1/stream", address(stack))


async def test_the_python_example_works(stack: Stack, http: httpx.AsyncClient, tmp_path: Path) -> None:
    sensor_id, log = a_sensor("python"), tmp_path / "log"
    with printing([sys.executable, "-c", example("python", stack)], log, {}):
        await until_printed(stack, http, sensor_id, log, f"{sensor_id} 21.5 Celsius")


async def test_the_javascript_example_works(stack: Stack, http: httpx.AsyncClient, tmp_path: Path) -> None:
    sensor_id, log = a_sensor("javascript"), tmp_path / "log"
    with printing([str(NODE_HOME / "bin" / "node"), "-e", example("js", stack)], log, {}):
        await until_printed(stack, http, sensor_id, log, f"{sensor_id} 21.5 Celsius")
