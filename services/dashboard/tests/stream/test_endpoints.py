"""The stream at the edge: one client over WebSocket and over Server-Sent Events."""

import asyncio
from collections.abc import AsyncIterator, Callable, MutableMapping
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from dashboard.live.hub import Hub
from dashboard.metrics import Metrics
from dashboard.settings import Settings
from dashboard.stream import endpoints
from dashboard.stream.fanout import Fanout
from iot_contracts.readings import Reading
from iot_contracts.stream_frames import Closing, ReadingsData, StreamError, StreamFrame, Subscribed
from service_kit.problems import install_problem_handlers
from service_kit.testing import wait_until

DEADLINE_S = 10
SUBSCRIBE = '{"type":"subscribe","topic":"readings","snapshot":false}'


class Client:
    """The other end of the application, in ASGI messages."""

    def __init__(self) -> None:
        self.to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.from_app: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()

    def say(self, **message: object) -> None:
        self.to_app.put_nowait({"type": "websocket.receive", **message})

    async def next(self) -> MutableMapping[str, Any]:
        async with asyncio.timeout(DEADLINE_S):
            return await self.from_app.get()

    async def frame(self) -> StreamFrame:
        frame: StreamFrame = msgspec.json.decode((await self.next())["text"], type=StreamFrame)
        return frame

    async def event(self) -> dict[str, str]:
        body = (await self.next())["body"].decode()
        return dict(line.partition(": ")[::2] for line in body.splitlines() if line)


@pytest.fixture
def app(hub: Hub, fanout: Fanout, settings: Settings) -> FastAPI:
    app = FastAPI()
    app.include_router(endpoints.router)
    install_problem_handlers(app)
    metrics = Metrics(CollectorRegistry())
    app.state.runtime = SimpleNamespace(fanout=fanout, settings=settings, metrics=metrics, hub=hub)
    return app


@asynccontextmanager
async def served(app: FastAPI, scope: dict[str, Any], goodbye: dict[str, Any]) -> AsyncIterator[Client]:
    client = Client()
    everything = {"query_string": b"", "headers": [], "subprotocols": [], "http_version": "1.1", **scope}
    task = asyncio.create_task(app(everything, client.to_app.get, client.from_app.put))
    yield client
    client.to_app.put_nowait(goodbye)
    async with asyncio.timeout(DEADLINE_S):
        await task


@asynccontextmanager
async def websocket(app: FastAPI) -> AsyncIterator[Client]:
    goodbye = {"type": "websocket.disconnect", "code": 1001}
    async with served(app, {"type": "websocket", "path": "/v1/stream"}, goodbye) as client:
        client.to_app.put_nowait({"type": "websocket.connect"})
        assert (await client.next())["type"] == "websocket.accept"
        yield client


@asynccontextmanager
async def events(app: FastAPI, query: str, last_event_id: str = "") -> AsyncIterator[Client]:
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/v1/events",
        "query_string": query.encode(),
        "headers": [(b"last-event-id", last_event_id.encode())] if last_event_id else [],
    }
    async with served(app, scope, {"type": "http.disconnect"}) as client:
        client.to_app.put_nowait({"type": "http.request", "body": b"", "more_body": False})
        yield client


async def test_a_client_asks_and_is_sent_what_it_asked_for(
    app: FastAPI, hub: Hub, reading: Callable[..., Reading]
) -> None:
    async with websocket(app) as client:
        client.say(text=SUBSCRIBE)
        assert isinstance(await client.frame(), Subscribed)
        hub.publish_readings([reading(1)])
        assert await client.frame() == ReadingsData(sequence=1, data=[reading(1)])


async def test_rubbish_and_binary_messages_leave_the_socket_open(app: FastAPI) -> None:
    async with websocket(app) as client:
        client.say(text="hello")
        client.say(bytes=b"\xff\xfe")
        client.say(text=SUBSCRIBE)
        rubbish, binary, subscribed = [await client.frame() for _ in range(3)]
    assert isinstance(rubbish, StreamError)
    assert isinstance(binary, StreamError)
    assert (rubbish.code, binary.code) == ("invalid_json", "binary_message")
    assert isinstance(subscribed, Subscribed)


async def test_the_next_request_is_not_read_before_the_answer_was_taken(
    app: FastAPI, fanout: Fanout, settings: Settings
) -> None:
    taken = asyncio.Event()
    to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "websocket.send":
            await taken.wait()

    to_app.put_nowait({"type": "websocket.connect"})
    for _ in range(50):
        to_app.put_nowait({"type": "websocket.receive", "text": "rubbish"})
    scope = {"type": "websocket", "path": "/v1/stream", "query_string": b"", "headers": [], "subprotocols": []}
    task = asyncio.create_task(app(scope, to_app.get, send))
    await wait_until(lambda: to_app.qsize() < 50, deadline_s=DEADLINE_S, otherwise="no request is read")
    for _ in range(100):
        await asyncio.sleep(0)
    assert to_app.qsize() >= 47
    taken.set()
    to_app.put_nowait({"type": "websocket.disconnect", "code": 1001})
    async with asyncio.timeout(DEADLINE_S):
        await task


async def test_a_surplus_client_is_told_when_to_come_back(app: FastAPI) -> None:
    async with websocket(app), websocket(app), websocket(app) as surplus:
        closing = await surplus.frame()
        assert isinstance(closing, Closing)
        assert closing.reason == "too_many_connections"
        assert closing.retry_after_ms >= 1000
        close = await surplus.next()
    assert (close["type"], close["code"]) == ("websocket.close", 1013)


async def test_a_service_that_stops_says_so_and_ends_every_stream(app: FastAPI, fanout: Fanout) -> None:
    async with websocket(app) as client, events(app, "topic=readings&snapshot=false") as listener:
        for _ in range(3):  # start, retry, subscribed
            await listener.next()
        fanout.close("shutting_down")
        closing = await client.frame()
        assert isinstance(closing, Closing)
        assert closing.reason == "shutting_down"
        close = await client.next()
        assert (close["type"], close["code"]) == ("websocket.close", 1012)
        assert (await listener.event())["event"] == "closing"
        assert not (await listener.next())["more_body"]


async def test_a_surplus_listener_to_events_is_refused_with_a_problem(app: FastAPI) -> None:
    async with websocket(app), websocket(app), events(app, "topic=readings") as surplus:
        answer = await surplus.next()
    assert answer["status"] == 503
    assert dict(answer["headers"])[b"retry-after"] == b"5"


async def test_events_are_the_same_messages_and_their_id_goes_on_from_there(
    app: FastAPI, hub: Hub, reading: Callable[..., Reading]
) -> None:
    async with events(app, "topic=readings&sensor_id=SENSOR_001&snapshot=false") as client:
        start = await client.next()
        assert dict(start["headers"])[b"content-type"] == b"text/event-stream; charset=utf-8"
        assert int((await client.event())["retry"]) >= 1000
        assert (await client.event())["event"] == "subscribed"
        hub.publish_readings([reading(1), reading(2, "OTHER")])
        event = await client.event()
        assert event["event"] == "readings"
        assert msgspec.json.decode(event["data"], type=StreamFrame) == ReadingsData(sequence=2, data=[reading(1)])
    hub.publish_readings([reading(3)])
    async with events(app, "topic=readings", event["id"]) as client:
        await client.next()
        await client.event()
        subscribed = msgspec.json.decode((await client.event())["data"], type=StreamFrame)
        assert isinstance(subscribed, Subscribed)
        assert subscribed.recovered
        missed = msgspec.json.decode((await client.event())["data"], type=StreamFrame)
        assert missed == ReadingsData(sequence=3, data=[reading(3)])


@pytest.mark.parametrize("query", ["", "topic=weather", "topic=alerts&severity=urgent"])
async def test_events_that_do_not_exist_are_refused(app: FastAPI, query: str) -> None:
    async with events(app, query) as client:
        assert (await client.next())["status"] == 422


@pytest.mark.parametrize("last_event_id", ["rubbish", ";;;", "epoch;weather=1", "epoch;readings=" + "9" * 100])
async def test_an_event_id_that_is_none_of_ours_starts_anew(app: FastAPI, last_event_id: str) -> None:
    async with events(app, "topic=readings", last_event_id) as client:
        assert (await client.next())["status"] == 200
        await client.event()
        subscribed = msgspec.json.decode((await client.event())["data"], type=StreamFrame)
        assert isinstance(subscribed, Subscribed)
        assert subscribed.recovered is None
