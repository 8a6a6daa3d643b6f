"""Asks each request for its API key before anything of it is read. Pure ASGI, since it is on the hot path."""

from collections.abc import Callable

from fastapi import FastAPI, Request, Response
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingest_api.access.service import AccessService
from ingest_api.errors import AccessError
from ingest_api.readings.influx_dialects import DIALECTS, json_answer
from iot_contracts.api_keys import Scope as AccessScope
from service_kit import docs
from service_kit.problems import InvalidRequestError, ServiceError, error_response

# What orchestrators and InfluxDB's clients ask before they do anything, and what is published anyway.
OPEN_PATHS = frozenset({"/livez", "/readyz", "/ping", "/health", "/openapi.json"}) | docs.PATHS
SECURITY_SCHEMES = {
    "apiKey": {"type": "http", "scheme": "bearer", "description": "An API key, made by `iotctl keys create`."},
    "password": {"type": "http", "scheme": "basic", "description": "The API key as the password, of any user."},
}
_READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def require_api_keys(app: FastAPI) -> None:
    """Ask every request to `app` for a key, inside what gives it its id and counts it, and say so in the document."""
    app.user_middleware.append(Middleware(AccessControl, access=lambda: app.state.runtime.access))
    document = app.openapi()
    document["components"]["securitySchemes"] = SECURITY_SCHEMES
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if needed_scope(method.upper(), path) is not None:
                operation["security"] = [{scheme: []} for scheme in SECURITY_SCHEMES]


def needed_scope(method: str, path: str) -> AccessScope | None:
    """What a request needs; None when anybody may send it. An address that is added is closed by this, not open."""
    if path in OPEN_PATHS:
        return None
    return "read" if method in _READING_METHODS else "write"


class AccessControl:
    """ASGI middleware: lets a request pass whose key may do it, and tells the key's quota in its answer."""

    def __init__(self, app: ASGIApp, access: Callable[[], AccessService]) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        needed = needed_scope(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if needed is None:
            await self._app(scope, receive, send)
            return
        try:
            grant = self._access().admit(scope["headers"], needed)
        except AccessError as error:
            await refusal(Request(scope), error)(scope, receive, send)
            return
        scope.setdefault("state", {})["api_key_id"] = grant.key.key_id
        if grant.quota is not None:
            send = _with_headers(send, grant.quota.headers())
        await self._app(scope, receive, send)


def refusal(request: Request, error: ServiceError) -> Response:
    """The answer to a request that no endpoint sees; on InfluxDB's addresses in its own words."""
    dialect = DIALECTS.get(request.scope["path"])
    if dialect is None:
        return error_response(request, error)
    status = 400 if isinstance(error, InvalidRequestError) else error.status
    return json_answer(status, dialect.problem(status, error.detail), dict(error.headers or {}))


def _with_headers(send: Send, more: list[tuple[bytes, bytes]]) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *more]
        await send(message)

    return send_with_headers
