"""Builds the application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from service_kit.app import create_service_app
from service_kit.health import Readiness
from service_kit.metrics import create_registry
from stream_processor.metrics import Metrics
from stream_processor.runtime import Runtime, open_runtime
from stream_processor.settings import Settings
from stream_processor.status import endpoints

DESCRIPTION = """
One Spark application with one streaming query: reads `iot-sensors`, stores every valid reading once in the
Iceberg table `iot.readings`, sends alerts, window statistics, dead letters and commit announcements to Kafka,
and derives further tables.
"""


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application; nothing is opened before its lifespan starts."""
    settings = settings or Settings()
    registry = create_registry()
    metrics = Metrics(registry)
    readiness = Readiness()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_runtime(settings, metrics) as runtime:
            _add_checks(readiness, runtime)
            app.state.runtime = runtime
            yield

    return create_service_app(
        "stream-processor",
        description=DESCRIPTION,
        settings=settings,
        readiness=readiness,
        registry=registry,
        lifespan=lifespan,
        routers=(endpoints.router,),
    )


def _add_checks(readiness: Readiness, runtime: Runtime) -> None:
    async def kafka() -> str | None:
        return await runtime.producer.missing() or runtime.topic_watch.problem

    async def streaming_query() -> str | None:
        trouble = runtime.job.state.trouble
        return trouble and f"{trouble}; readings wait in Kafka, and the query starts again by itself"

    async def progress() -> str | None:
        return runtime.topic_watch.standstill

    async def derivation() -> str | None:
        return runtime.topic_watch.derivation_standstill

    async def retention() -> str | None:
        return runtime.topic_watch.expiry

    for name, check in (
        ("kafka", kafka),
        ("alert rules", runtime.rule_consumer.missing),
        ("streaming query", streaming_query),
        ("progress", progress),
        ("derived tables", derivation),
        ("retention", retention),
    ):
        readiness.add(name, check)
    readiness.add("background tasks", runtime.tasks.missing)
