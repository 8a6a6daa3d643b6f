"""Builds every service's application: health, metrics, problems, request ids and security around its routes."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, FastAPI
from prometheus_client import CollectorRegistry

from service_kit import docs, health, metrics
from service_kit.health import Readiness
from service_kit.middleware import RequestContext
from service_kit.parameters import QueryParameters
from service_kit.problems import Refusal, add_problem_schema, error_response, install_problem_handlers
from service_kit.security import KeyCheck, RequestGuard
from service_kit.settings import ServiceSettings

PLATFORM = "IoT data platform"
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class _Application(FastAPI):
    def openapi(self) -> dict[str, Any]:
        document = super().openapi()
        add_problem_schema(document)
        return document


def create_service_app(
    service: str,
    *,
    description: str,
    settings: ServiceSettings,
    readiness: Readiness,
    registry: CollectorRegistry,
    lifespan: Lifespan,
    routers: tuple[APIRouter, ...],
    refusal: Refusal = error_response,
    has_valid_key: KeyCheck | None = None,
) -> FastAPI:
    """Build the application of the package `service`. Nothing is opened before its lifespan starts.

    `registry` holds the service's metrics, see `metrics.create_registry`; those of requests are added to it.
    `refusal` makes the response to requests that are refused before an endpoint; `has_valid_key` is for services with
    API keys.
    """
    app = _Application(
        title=f"{PLATFORM}: {service}",
        description=description,
        version=version(service),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.readiness = readiness
    app.state.registry = registry
    for router in (*routers, health.router, metrics.router, docs.router):
        app.include_router(router)
    install_problem_handlers(app)
    # The last one that is added is the outermost.
    app.add_middleware(QueryParameters, refusal=refusal)
    app.add_middleware(
        RequestGuard,
        settings=settings,
        refusal=refusal,
        has_valid_key=has_valid_key,
        policies={"/docs": docs.DOCS_POLICY},
    )
    app.add_middleware(RequestContext, registry=registry)
    return app
