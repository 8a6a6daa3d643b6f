"""The application's registry of metrics, and `/metrics`: its text in Prometheus' format."""

import os
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

MULTIPROCESS_DIR_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Set before Python starts, it makes the client library keep all values in files there, which add up."""

router = APIRouter(tags=["operations"])


def create_registry() -> CollectorRegistry:
    """A registry for one application, with the metrics of the process, of Python and its garbage collector."""
    registry = CollectorRegistry()
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)
    return registry


async def _registry(request: Request) -> CollectorRegistry:
    if MULTIPROCESS_DIR_VARIABLE in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # not typed in the library
        return registry
    own: CollectorRegistry = request.app.state.registry
    return own


@router.get("/metrics", summary="Metrics in Prometheus' text format", response_class=Response)
async def metrics(registry: Annotated[CollectorRegistry, Depends(_registry)]) -> Response:
    """All metrics of this process; of a service with several worker processes, the sums over all of them."""
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
