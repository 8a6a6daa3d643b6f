"""Checks each request's API key before anything of the request is read. Pure ASGI, since it is on the hot path."""

from collections.abc import Callable

from fastapi import FastAPI, Request
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingest_api.access.service import AccessService
from ingest_api.errors import AccessError
from iot_contracts.api_keys import Scope as AccessScope
from service_kit import docs
from service_kit.problems import Refusal

# What orchestrators and InfluxDB's clients ask first, and what is public anyway.
OPEN_PATHS = frozenset({"/livez", "/readyz", "/ping", "/health", "/openapi.json"}) | docs.PATHS
SECURITY_SCHEMES = {
    "apiKey": {"type": "http", "scheme": "bearer", "description": "An API key, made by `iotctl keys create`."},
    "password": {"type": "http", "scheme": "basic", "description": "The API key as the password, of any user."},
}
_READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def require_api_keys(app: FastAPI, refusal: Refusal) -> None:
    """Require an API key for every request to `app`, and say so in its OpenAPI document.

    It runs inside the middleware that counts requests and gives each its id. `refusal` makes the answer without a key.
    """
    app.user_middleware.append(Middleware(AccessControl, access=lambda: app.state.runtime.access, refusal=refusal))
    document = app.openapi()
    document["components"]["securitySchemes"] = SECURITY_SCHEMES
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if needed_scope(method.upper(), path) is not None:
                operation["security"] = [{scheme: []} for scheme in SECURITY_SCHEMES]


def needed_scope(method: str, path: str) -> AccessScope | None:
    """The scope that a request needs; None when it needs no key. A new address is closed until it is listed as open."""
    if path in OPEN_PATHS:
        return None
    return "read" if method in _READING_METHODS else "write"


class AccessControl:
    """ASGI middleware: lets a request with a sufficient key pass, and adds the key's quota to its answer."""

    def __init__(self, app: ASGIApp, access: Callable[[], AccessService], refusal: Refusal) -> None:
        self._app = app
        self._access = access
        self._refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        needed = needed_scope(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if needed is None:
            await self._app(scope, receive, send)
            return
        try:
            grant = self._access().admit(scope["headers"], needed)
        except AccessError as error:
            await self._refusal(Request(scope), error)(scope, receive, send)
            return
        scope.setdefault("state", {})["api_key_id"] = grant.key.key_id
        if grant.quota is not None:
            send = _with_headers(send, grant.quota.headers())
        await self._app(scope, receive, send)


def _with_headers(send: Send, more: list[tuple[bytes, bytes]]) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *more]
        await send(message)

    return send_with_headers
