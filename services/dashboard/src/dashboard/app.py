"""The dashboard's application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI

from dashboard.demo import endpoints as demo
from dashboard.history import endpoints as history
from dashboard.live import endpoints as live
from dashboard.metrics import Metrics
from dashboard.pages import endpoints as pages
from dashboard.pipeline import endpoints as pipeline
from dashboard.runtime import open_runtime
from dashboard.sessions import endpoints as sessions
from dashboard.sessions.secret import session_secret
from dashboard.settings import Settings
from dashboard.stream import endpoints as stream
from dashboard.stream.beats import watch_health
from dashboard.stream.shutdown import on_stop_signal
from service_kit.access.policy import AccessPolicy
from service_kit.access.sessions import Sessions
from service_kit.app import create_service_app
from service_kit.compression import Compression
from service_kit.health import Readiness
from service_kit.metrics import create_registry

DESCRIPTION = """The page of the platform.

- `/` the page itself
- `/ws/live` WebSocket: a snapshot, then readings, alerts and window statistics as they arrive
- `/v1/stream` WebSocket, `/v1/events` Server-Sent Events: live messages by topic and filter
- `/api/…` history and key figures, answered by query-api
- `/api/simulator…` the demo: controls the simulated fleet
- `/v1/session` signs a browser in with an API key, where keys are on
- `/v1/pipeline` rate, lag and health of every stage
"""

# The page has the form to sign in, and no data. What is done about an alert needs `write`, all other changes `admin`.
POLICY = AccessPolicy(
    exceptions={"POST /api/rules/backtest": "read", "POST /api/alerts/{alert_id}/{action}": "write"},
    open_paths=frozenset({"/", "/assets/{name}", sessions.PATH}),
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the application; nothing is opened before its lifespan starts."""
    settings = settings or Settings()
    readiness = Readiness()
    registry = create_registry()
    metrics = Metrics(registry)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_runtime(settings, metrics) as runtime:
            readiness.add("kafka", runtime.consumer.missing)
            readiness.add("query-api", runtime.query_client.missing)
            readiness.add("page", runtime.page.missing)
            readiness.add("background tasks", runtime.tasks.missing)
            observe = partial(runtime.pipeline.observe, readiness.missing)
            runtime.tasks.start(watch_health(runtime.fanout, observe), "watch the pipeline's health")
            app.state.runtime = runtime
            with on_stop_signal(partial(runtime.fanout.close, "shutting_down")):
                yield

    app = create_service_app(
        "dashboard",
        description=DESCRIPTION,
        settings=settings,
        readiness=readiness,
        registry=registry,
        lifespan=lifespan,
        policy=POLICY,
        sessions=Sessions(session_secret(settings.session_secret_file), settings.session_max_age_s),
        routers=(
            pages.router,
            sessions.router,
            live.router,
            stream.router,
            history.router,
            demo.router,
            pipeline.router,
        ),
    )
    app.add_middleware(Compression)
    return app
