"""Gives every request its id, log line and metrics. Pure ASGI, since it is on the hot path."""

import re
import time
from uuid import uuid4

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service_kit.logging import get_logger

REQUEST_ID_HEADER = b"x-request-id"
_ACCEPTABLE_REQUEST_ID = re.compile(rb"[A-Za-z0-9._\-]{1,64}")
_QUIET_PATHS = frozenset({"/livez", "/readyz", "/metrics"})
_log = get_logger(__name__)


class RequestContext:
    """ASGI middleware: gives each request an id (or keeps the caller's), counts it and times it.

    A request that fails (status 500 and up) is logged as a warning, every other one at debug level:
    at thousands of requests a second, the metrics are the access log.
    """

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self._app = app
        self._requests = Counter(
            "http_requests_total",
            "HTTP requests, by route template, method and status.",
            ("route", "method", "status"),
            registry=registry,
        )
        self._duration = Histogram(
            "http_request_duration_seconds",
            "Time from the request's head to the end of the answer, by route template.",
            ("route",),
            registry=registry,
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection; only HTTP requests are touched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id.decode()
        structlog.contextvars.bind_contextvars(request_id=request_id.decode())
        status = 500
        started = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (REQUEST_ID_HEADER, request_id)]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            duration_s = time.perf_counter() - started
            route = _route_template(scope)
            self._requests.labels(route, scope["method"], str(status)).inc()
            self._duration.labels(route).observe(duration_s)
            if scope["path"] not in _QUIET_PATHS:
                report = _log.warning if status >= 500 else _log.debug
                report(
                    "request",
                    method=scope["method"],
                    path=scope["path"],
                    status=status,
                    duration_s=duration_s,
                )
            structlog.contextvars.unbind_contextvars("request_id")


def _request_id(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == REQUEST_ID_HEADER and _ACCEPTABLE_REQUEST_ID.fullmatch(value):
            return bytes(value)
    return uuid4().hex.encode()


def _route_template(scope: Scope) -> str:
    """`/v1/sensors/{id}` rather than the path itself, so that the number of series stays bounded."""
    route = scope.get("route")
    return getattr(route, "path", "unmatched")
