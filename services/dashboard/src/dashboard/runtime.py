"""The live resources of the dashboard, opened and closed here only."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import httpx

from dashboard.demo.simulator_client import SimulatorClient
from dashboard.history.query_client import QueryClient
from dashboard.live.consumer import LiveConsumer
from dashboard.live.hub import Hub
from dashboard.live.state import LiveState
from dashboard.metrics import Metrics
from dashboard.pages.static_files import BuiltPage
from dashboard.pipeline.observer import PipelineObserver
from dashboard.pipeline.service_client import ServiceClient
from dashboard.settings import Settings
from dashboard.stream.beats import beat
from dashboard.stream.fanout import Fanout
from service_kit.access.client import authorization
from service_kit.tasks import BackgroundTasks


@dataclass(frozen=True)
class Runtime:
    """Everything that lives as long as the service."""

    settings: Settings
    metrics: Metrics
    hub: Hub
    fanout: Fanout
    """Who follows `/v1/stream` and `/v1/events`."""
    consumer: LiveConsumer
    query_client: QueryClient
    simulator_client: SimulatorClient | None
    """None when the settings name no simulator."""
    pipeline: PipelineObserver
    page: BuiltPage
    tasks: BackgroundTasks


@asynccontextmanager
async def open_runtime(settings: Settings, metrics: Metrics) -> AsyncIterator[Runtime]:
    """Open everything; Kafka and query-api may still be away, they are waited for in the background.

    Raises KeyFileError when the file of its API key cannot be used.
    """
    # Compressing for a neighbour on the same machine costs more than it saves.
    headers = {**authorization(settings.api_key_file), "Accept-Encoding": "identity"}
    async with AsyncExitStack() as stack:
        state = LiveState(
            max_sensors=settings.max_sensors,
            snapshot_readings=settings.snapshot_readings,
            snapshot_alerts=settings.snapshot_alerts,
            remembered_ids=settings.remembered_ids,
        )
        fanout = Fanout(state, settings, metrics)
        hub = _hub(state, fanout, settings, metrics)
        http = await stack.enter_async_context(
            httpx.AsyncClient(
                base_url=settings.query_api_url, timeout=settings.query_timeout_ms / 1000, headers=headers
            )
        )
        simulator = await _simulator_client(settings, headers, stack)
        consumer = LiveConsumer(hub, settings, metrics)
        runtime = Runtime(
            settings=settings,
            metrics=metrics,
            hub=hub,
            fanout=fanout,
            consumer=consumer,
            query_client=QueryClient(
                http,
                probe_interval_s=settings.query_probe_interval_s,
                timeout_s=settings.query_timeout_ms / 1000,
            ),
            simulator_client=simulator,
            pipeline=await _pipeline(settings, headers, consumer, stack),
            page=BuiltPage(settings.static_dir),
            tasks=await stack.enter_async_context(BackgroundTasks()),
        )
        runtime.tasks.start(runtime.query_client.watch(), "watch query-api")
        runtime.tasks.start(runtime.consumer.run(), "read from kafka")
        runtime.tasks.start(beat(fanout, settings.stream_heartbeat_s), "send heartbeats")
        yield runtime


async def _pipeline(
    settings: Settings, headers: dict[str, str], consumer: LiveConsumer, stack: AsyncExitStack
) -> PipelineObserver:
    async def client(name: str, url: str) -> ServiceClient:
        timeout_s = settings.pipeline_timeout_ms / 1000
        http = httpx.AsyncClient(base_url=url, timeout=timeout_s, trust_env=False, headers=headers)
        await stack.enter_async_context(http)
        return ServiceClient(name, http, timeout_s)

    return PipelineObserver(
        simulator=None if settings.simulator_url is None else await client("simulator", settings.simulator_url),
        ingest=await client("ingest-api", settings.ingest_api_url),
        stream=await client("stream-processor", settings.stream_processor_url),
        query=await client("query-api", settings.query_api_url),
        consumer=consumer,
    )


async def _simulator_client(
    settings: Settings, headers: dict[str, str], stack: AsyncExitStack
) -> SimulatorClient | None:
    if settings.simulator_url is None:
        return None
    timeout_s = settings.simulator_timeout_ms / 1000
    http = httpx.AsyncClient(base_url=settings.simulator_url, timeout=timeout_s, trust_env=False, headers=headers)
    return SimulatorClient(await stack.enter_async_context(http))


def _hub(state: LiveState, fanout: Fanout, settings: Settings, metrics: Metrics) -> Hub:
    return Hub(
        state,
        metrics,
        fanout,
        max_connections=settings.max_connections,
        max_pending_readings=settings.max_pending_readings,
        max_keys=settings.max_sensors,
        send_timeout_s=settings.send_timeout_s,
    )
