"""Builds the application; nothing is opened before its lifespan starts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from query_api.alerts import endpoints as alerts
from query_api.analyses import endpoints as analyses
from query_api.exports import endpoints as exports
from query_api.inhibitions import endpoints as inhibitions
from query_api.latest import endpoints as latest
from query_api.locations import endpoints as locations
from query_api.notifications import endpoints as notifications
from query_api.readings import endpoints as readings
from query_api.rules import endpoints as rules
from query_api.runtime import Runtime, open_runtime
from query_api.sensors import endpoints as sensors
from query_api.settings import Settings
from query_api.silences import endpoints as silences
from query_api.sql import endpoints as sql
from query_api.stats import endpoints as stats
from query_api.status import endpoints as status
from query_api.summary import endpoints as summary
from query_api.timeseries import endpoints as timeseries
from service_kit.access.policy import AccessPolicy
from service_kit.app import create_service_app
from service_kit.compression import Compression
from service_kit.health import Readiness
from service_kit.metrics import create_registry

DESCRIPTION = """
Answers questions about all readings up to this moment. Each answer is one snapshot of the Iceberg table plus
the tail of Kafka after that snapshot's offsets: every reading exactly once, milliseconds after it was acknowledged.

Answers about readings have an `ETag`: with `If-None-Match` one that is still the same is a 304, without being computed.
`Accept-Encoding` may name zstd or gzip.
"""

# Rules, sensors and webhooks are changed by `admin`. Some questions are sent by POST; whoever watches may write what is
# done about an alert.
POLICY = AccessPolicy(
    exceptions={
        "POST /v1/sql": "read",
        "POST /v1/exports": "read",
        "DELETE /v1/exports/{export_id}": "write",
        "POST /v1/rules/backtest": "read",
        "POST /v1/silences/preview": "read",
        "POST /v1/inhibitions/preview": "read",
        "POST /v1/alerts/{alert_id}/acknowledge": "write",
        "POST /v1/alerts/{alert_id}/snooze": "write",
        "POST /v1/alerts/{alert_id}/resolve": "write",
        "POST /v1/silences": "write",
        "DELETE /v1/silences/{silence_id}": "write",
        "POST /v1/inhibitions": "write",
        "DELETE /v1/inhibitions/{inhibition_id}": "write",
    }
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application with `settings`, by default those of the environment."""
    settings = settings or Settings()
    readiness = Readiness()
    registry = create_registry()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_runtime(settings, registry) as runtime:
            add_checks(readiness, runtime)
            app.state.runtime = runtime
            yield

    app = create_service_app(
        "query-api",
        description=DESCRIPTION,
        settings=settings,
        readiness=readiness,
        registry=registry,
        lifespan=lifespan,
        policy=POLICY,
        routers=(
            stats.router,
            timeseries.router,
            readings.router,
            latest.router,
            locations.router,
            summary.router,
            sql.router,
            exports.router,
            analyses.router,
            alerts.router,
            silences.router,
            inhibitions.router,
            rules.router,
            sensors.router,
            notifications.router,
            status.router,
        ),
    )
    app.add_middleware(Compression)
    return app


def add_checks(readiness: Readiness, runtime: Runtime) -> None:
    """Name what is missing, and what that means for answers."""

    async def table() -> str | None:
        problem = runtime.refresher.problem
        held = (
            "answers come from the snapshot held plus the tail"
            if runtime.refresher.known.is_set()
            else "no answers yet"
        )
        return None if problem is None else f"{problem}; {held}"

    async def topic() -> str | None:
        problem = runtime.consumer.watch.topic
        return problem and f"{problem}; answers come from the snapshot alone, nothing of the two is mixed"

    async def progress() -> str | None:
        return runtime.consumer.watch.tail_standstill or runtime.consumer.watch.snapshot_standstill

    async def retention() -> str | None:
        return runtime.consumer.watch.expiry

    async def tail() -> str | None:
        if not runtime.consumer.caught_up:
            return "the tail is not read up to its end yet; readings are answered once it is"
        if not runtime.store.view.tail_is_complete:
            return "the tail does not join the snapshot; answers come from the snapshot alone until it does"
        return None

    for check in (table, topic, tail, progress, retention):
        readiness.add(check.__name__, check)
    readiness.add("kafka", runtime.consumer.missing)
    runtime.people.add_checks(readiness)
    readiness.add("background tasks", runtime.tasks.missing)
