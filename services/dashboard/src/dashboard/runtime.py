"""The live resources of the dashboard, opened and closed here only."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import httpx

from dashboard.demo.simulator_client import SimulatorClient
from dashboard.history.query_client import QueryClient
from dashboard.live.consumer import LiveConsumer
from dashboard.live.hub import Hub
from dashboard.live.state import LiveState
from dashboard.pages.static_files import BuiltPage
from dashboard.settings import Settings


@dataclass(frozen=True)
class Runtime:
    """Everything that lives as long as the service."""

    settings: Settings
    hub: Hub
    consumer: LiveConsumer
    query_client: QueryClient
    simulator_client: SimulatorClient | None
    """None when the settings name no simulator."""
    page: BuiltPage


@asynccontextmanager
async def open_runtime(settings: Settings) -> AsyncIterator[Runtime]:
    """Open everything; Kafka and query-api may still be away, they are waited for in the background."""
    async with AsyncExitStack() as stack:
        hub = _hub(settings)
        http = await stack.enter_async_context(
            httpx.AsyncClient(base_url=settings.query_api_url, timeout=settings.query_timeout_ms / 1000)
        )
        simulator = await _simulator_client(settings, stack)
        runtime = Runtime(
            settings=settings,
            hub=hub,
            consumer=LiveConsumer(hub, settings),
            query_client=QueryClient(http, probe_interval_s=settings.query_probe_interval_s),
            simulator_client=simulator,
            page=BuiltPage(settings.static_dir),
        )
        stack.push_async_callback(_ended, _started(runtime.query_client.watch(), "watch query-api"))
        stack.push_async_callback(_ended, _started(runtime.consumer.run(), "read from kafka"))
        yield runtime


async def _simulator_client(settings: Settings, stack: AsyncExitStack) -> SimulatorClient | None:
    if settings.simulator_url is None:
        return None
    timeout_s = settings.simulator_timeout_ms / 1000
    http = httpx.AsyncClient(base_url=settings.simulator_url, timeout=timeout_s, trust_env=False)
    return SimulatorClient(await stack.enter_async_context(http))


def _hub(settings: Settings) -> Hub:
    state = LiveState(
        max_sensors=settings.max_sensors,
        snapshot_readings=settings.snapshot_readings,
        snapshot_alerts=settings.snapshot_alerts,
        remembered_ids=settings.remembered_ids,
    )
    return Hub(
        state,
        max_connections=settings.max_connections,
        max_pending_readings=settings.max_pending_readings,
        max_keys=settings.max_sensors,
        send_timeout_s=settings.send_timeout_s,
    )


def _started(work: Coroutine[None, None, None], name: str) -> asyncio.Task[None]:
    return asyncio.create_task(work, name=name)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
