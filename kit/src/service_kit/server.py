"""Runs a service's application under uvicorn until SIGTERM, finishing what is in flight."""

from collections.abc import Callable
from typing import Any

import uvicorn
from fastapi import FastAPI

from service_kit.logging import configure_logging
from service_kit.request_head import BoundedHeadProtocol
from service_kit.settings import ServiceSettings


def serve(service: str, create_app: Callable[[], FastAPI], settings: ServiceSettings, **options: Any) -> None:
    """Serve until SIGINT or SIGTERM: stop accepting, finish requests, then close the lifespan.

    `options` are further arguments of `uvicorn.run`, such as the limits of WebSockets.
    """
    configure_logging(service, settings.log_level)
    uvicorn.run(create_app(), **server_options(settings), **options)


def server_options(settings: ServiceSettings) -> dict[str, Any]:
    """What every service gives `uvicorn.run`."""
    return {
        "host": settings.host,
        "port": settings.port,
        "http": BoundedHeadProtocol,
        "log_config": None,
        "access_log": False,
        "timeout_graceful_shutdown": settings.shutdown_timeout_s,
        "server_header": False,
    }
