"""Builds the application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from service_kit.app import create_service_app
from service_kit.health import Readiness
from service_kit.metrics import create_registry
from simulator.control import endpoints
from simulator.metrics import register_metrics
from simulator.runtime import open_runtime
from simulator.settings import Settings

DESCRIPTION = """
A fleet of simulated sensors that post their readings to ingest-api. While ingest-api is away readings are
kept on disk, bounded, and delivered in order once it is back, each with the reading_id it was made with.
"""


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application; nothing is opened before its lifespan starts."""
    settings = settings or Settings()
    readiness = Readiness()
    registry = create_registry()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_runtime(settings) as runtime:
            register_metrics(runtime.tally, lambda: len(runtime.buffer), registry)
            readiness.add("ingest-api", runtime.fleet.missing)
            app.state.runtime = runtime
            if settings.autostart:
                await runtime.fleet.start()
            yield

    return create_service_app(
        "simulator",
        description=DESCRIPTION,
        settings=settings,
        readiness=readiness,
        registry=registry,
        lifespan=lifespan,
        routers=(endpoints.router,),
    )
