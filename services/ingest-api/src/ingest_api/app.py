"""Builds the application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from ingest_api.influx import endpoints as influx_endpoints
from ingest_api.influx.dialects import refusal
from ingest_api.metrics import Metrics
from ingest_api.readings import endpoints, schemas
from ingest_api.runtime import open_runtime
from ingest_api.settings import Settings
from service_kit.access.policy import AccessPolicy
from service_kit.app import create_service_app
from service_kit.health import Readiness
from service_kit.metrics import create_registry

DESCRIPTION = """
Takes readings by HTTP. An answer of 202 or 207 means that Kafka has acknowledged the accepted readings;
after a 503 send the same readings again with the same `reading_id`s, and none of them counts twice.
"""

# What InfluxDB's clients ask first is open; those of its version 1 send the token as a user's password.
POLICY = AccessPolicy(changes="write", open_paths=frozenset({"/ping", "/health"}), passwords=True)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application; nothing is opened before its lifespan starts."""
    settings = settings or Settings()
    registry = create_registry()
    metrics = Metrics(registry)
    readiness = Readiness()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_runtime(settings, metrics, readiness) as runtime:
            app.state.runtime = runtime
            yield

    app = create_service_app(
        "ingest-api",
        description=DESCRIPTION,
        settings=settings,
        readiness=readiness,
        registry=registry,
        lifespan=lifespan,
        routers=(endpoints.router, influx_endpoints.router),
        refusal=refusal,
        policy=POLICY,
    )
    schemas.add_contract_schemas(app)
    return app
