"""The frame of every service's application: health, metrics, problems, request ids around its routes."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import APIRouter, FastAPI

from service_kit import health, metrics
from service_kit.health import Readiness
from service_kit.middleware import RequestContext
from service_kit.problems import install_problem_handlers

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_service_app(
    *,
    title: str,
    description: str,
    version: str,
    readiness: Readiness,
    lifespan: Lifespan,
    routers: tuple[APIRouter, ...],
) -> FastAPI:
    """Build the application. Nothing is opened before its lifespan starts."""
    app = FastAPI(title=title, description=description, version=version, lifespan=lifespan)
    app.state.readiness = readiness
    for router in (*routers, health.router, metrics.router):
        app.include_router(router)
    install_problem_handlers(app)
    app.add_middleware(RequestContext)
    return app
