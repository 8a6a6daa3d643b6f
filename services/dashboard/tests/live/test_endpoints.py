"""The WebSocket at the edge: snapshot first, surplus clients refused, listeners only."""

import asyncio
from collections.abc import AsyncIterator, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from dashboard.history.query_client import QueryClient
from dashboard.live import endpoints
from dashboard.live.consumer import LiveConsumer
from dashboard.live.hub import Hub
from dashboard.live.state import LiveState
from dashboard.metrics import Metrics
from dashboard.pages.static_files import BuiltPage
from dashboard.pipeline.observer import PipelineObserver
from dashboard.pipeline.service_client import ServiceClient
from dashboard.runtime import Runtime
from dashboard.settings import Settings
from dashboard.stream.fanout import Fanout
from iot_contracts.live_frames import LiveFrame, ReadingsFrame, SnapshotFrame
from iot_contracts.readings import Reading
from service_kit.tasks import BackgroundTasks

DEADLINE_S = 2


class Client:
    """The other end of the application's WebSocket, in ASGI messages."""

    def __init__(self) -> None:
        self.to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.from_app: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()

    async def next(self) -> MutableMapping[str, Any]:
        async with asyncio.timeout(DEADLINE_S):
            return await self.from_app.get()

    async def frame(self) -> LiveFrame:
        message = await self.next()
        frame: LiveFrame = msgspec.json.decode(message["text"], type=LiveFrame)
        return frame


@pytest.fixture
def hub() -> Hub:
    state = LiveState(max_sensors=10, snapshot_readings=10, snapshot_alerts=10, remembered_ids=10)
    metrics = Metrics(CollectorRegistry())
    return Hub(
        state,
        metrics,
        Fanout(state, Settings(), metrics),
        max_connections=1,
        max_pending_readings=10,
        max_keys=10,
        send_timeout_s=5,
    )


@pytest.fixture
def app(hub: Hub) -> FastAPI:
    settings, metrics = Settings(), Metrics(CollectorRegistry())
    state = LiveState(max_sensors=1, snapshot_readings=1, snapshot_alerts=1, remembered_ids=1)
    app = FastAPI()
    app.include_router(endpoints.router)
    consumer = LiveConsumer(hub, settings, metrics)
    service = ServiceClient("nobody", httpx.AsyncClient(), timeout_s=1)
    app.state.runtime = Runtime(
        settings=settings,
        metrics=metrics,
        hub=hub,
        fanout=Fanout(state, settings, metrics),
        consumer=consumer,
        query_client=QueryClient(httpx.AsyncClient(), probe_interval_s=1),
        simulator_client=None,
        pipeline=PipelineObserver(simulator=None, ingest=service, stream=service, query=service, consumer=consumer),
        page=BuiltPage(settings.static_dir),
        tasks=BackgroundTasks(),
    )
    return app


@asynccontextmanager
async def connected(app: FastAPI) -> AsyncIterator[Client]:
    """A client after its handshake was answered; leaves at the end."""
    client = Client()
    scope = {
        "type": "websocket",
        "path": "/ws/live",
        "query_string": b"",
        "headers": [],
        "subprotocols": [],
    }
    client.to_app.put_nowait({"type": "websocket.connect"})
    served = asyncio.create_task(app(scope, client.to_app.get, client.from_app.put))
    yield client
    client.to_app.put_nowait({"type": "websocket.disconnect", "code": 1001})
    async with asyncio.timeout(DEADLINE_S):
        await served


async def test_the_snapshot_is_first_and_then_what_comes(
    app: FastAPI, hub: Hub, reading: Callable[..., Reading]
) -> None:
    hub.publish_readings([reading(1)])
    async with connected(app) as client:
        assert (await client.next())["type"] == "websocket.accept"
        first = await client.frame()
        assert isinstance(first, SnapshotFrame)
        assert first.readings == [reading(1)]
        hub.publish_readings([reading(2)])
        assert await client.frame() == ReadingsFrame(readings=[reading(2)])


async def test_a_surplus_client_is_told_to_come_later(app: FastAPI) -> None:
    async with connected(app) as first:
        await first.next()
        await first.frame()
        async with connected(app) as surplus:
            await surplus.next()
            refusal = await surplus.next()
    assert (refusal["type"], refusal["code"]) == ("websocket.close", 1013)


async def test_a_client_that_sends_is_closed_and_its_place_is_free_again(app: FastAPI) -> None:
    async with connected(app) as talker:
        await talker.next()
        await talker.frame()
        talker.to_app.put_nowait({"type": "websocket.receive", "text": "hello"})
        refusal = await talker.next()
    assert (refusal["type"], refusal["code"]) == ("websocket.close", 1008)
    async with connected(app) as next_one:
        await next_one.next()
        assert isinstance(await next_one.frame(), SnapshotFrame)
