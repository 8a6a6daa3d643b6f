"""`/metrics`: the process's registry in Prometheus' text format."""

import os

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

MULTIPROCESS_DIR_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Set before Python starts, it makes the client library keep all values in files there, which add up."""

router = APIRouter(tags=["operations"])


@router.get("/metrics", summary="Metrics in Prometheus' text format", response_class=Response)
async def metrics() -> Response:
    """All metrics of this process; of a service with several worker processes, the sums over all of them."""
    return Response(generate_latest(_registry()), media_type=CONTENT_TYPE_LATEST)


def _registry() -> CollectorRegistry:
    if MULTIPROCESS_DIR_VARIABLE not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # not typed in the library
    return registry
