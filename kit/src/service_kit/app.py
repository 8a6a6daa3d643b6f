"""Builds every service's application: health, metrics, problems, request ids and security around its routes."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, FastAPI
from prometheus_client import CollectorRegistry

from service_kit import docs, health, metrics
from service_kit.access.middleware import AccessControl
from service_kit.access.openapi import add_security
from service_kit.access.policy import AccessPolicy
from service_kit.access.runtime import open_access
from service_kit.access.service import AccessService, access_counter
from service_kit.access.sessions import Sessions
from service_kit.health import Readiness
from service_kit.middleware import RequestContext
from service_kit.parameters import QueryParameters
from service_kit.problems import Refusal, add_problem_schema, error_response, install_problem_handlers
from service_kit.security import Headers, RequestGuard
from service_kit.settings import ServiceSettings

PLATFORM = "IoT data platform"
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class _Application(FastAPI):
    policy: AccessPolicy

    def openapi(self) -> dict[str, Any]:
        document = super().openapi()
        add_problem_schema(document)
        add_security(document, self.policy)
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
    policy: AccessPolicy | None = None,
    sessions: Sessions | None = None,
) -> FastAPI:
    """Build the application of the package `service`. Nothing is opened before its lifespan starts.

    `registry` holds the service's metrics, see `metrics.create_registry`; those of requests are added to it.
    `refusal` makes the response to requests that are refused before an endpoint. With `auth` on every request needs an
    API key with the scope that `policy` says; with `sessions` a browser's cookie does too.
    """
    policy = policy or AccessPolicy()
    decisions = access_counter(registry)

    @asynccontextmanager
    async def lifespan_with_keys(app: FastAPI) -> AsyncIterator[None]:
        async with open_access(service, settings, policy, readiness, decisions, sessions) as access:
            app.state.access = access
            async with lifespan(app):
                yield

    def access_service() -> AccessService:
        access: AccessService = app.state.access
        return access

    def has_valid_key(headers: Headers) -> bool:
        return access_service().has_valid_key(headers)

    asks_for_keys = settings.auth == "on"
    app = _Application(
        title=f"{PLATFORM}: {service}",
        description=description,
        version=version(service),
        lifespan=lifespan_with_keys if asks_for_keys else lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.policy = policy
    app.state.readiness = readiness
    app.state.registry = registry
    for router in (*routers, health.router, metrics.router, docs.router):
        app.include_router(router)
    install_problem_handlers(app)
    # The last one that is added is the outermost.
    app.add_middleware(QueryParameters, refusal=refusal)
    if asks_for_keys:
        app.add_middleware(AccessControl, access=access_service, policy=policy, refusal=refusal)
    app.add_middleware(
        RequestGuard,
        settings=settings,
        refusal=refusal,
        has_valid_key=has_valid_key if asks_for_keys else None,
        policies={"/docs": docs.DOCS_POLICY},
    )
    app.add_middleware(RequestContext, registry=registry)
    return app
