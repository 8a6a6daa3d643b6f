"""For tests: API keys in memory, and what of an application is answered without one."""

import asyncio
import hashlib
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.routing import RouteContext, iter_route_contexts
from prometheus_client import CollectorRegistry
from starlette.routing import Route, WebSocketRoute, compile_path

from iot_contracts.api_keys import ApiKey, RateLimit
from service_kit.access.api_keys import ApiKeys
from service_kit.access.errors import UnauthenticatedError
from service_kit.access.policy import AccessPolicy
from service_kit.access.service import AccessService, access_counter
from service_kit.access.sessions import Sessions
from service_kit.access.token_bucket import Bucket, Decision, acquire
from service_kit.security_examples import Message

KEY_ID, SECRET = "9f86d081884c7d65", "a_secret-with_underscores"
ANSWER_WITHIN_S = 10
_HOST = (b"host", b"127.0.0.1")


def a_key(**fields: Any) -> ApiKey:
    """A key whose secret is SECRET."""
    key = {
        "key_id": KEY_ID,
        "name": "gateway-7",
        "secret_sha256": hashlib.sha256(SECRET.encode()).hexdigest(),
        "scopes": ("write",),
        "created_at": datetime(2026, 3, 1, 12, tzinfo=UTC),
    }
    return ApiKey(**{**key, **fields})


def bearer(key_id: str = KEY_ID) -> dict[str, str]:
    """The header of a request with the key of this id."""
    return {"Authorization": f"Bearer iot_{key_id}_{SECRET}"}


@dataclass
class InMemoryKeys:
    """Has the surface of ApiKeyConsumer."""

    keys: ApiKeys = field(default_factory=ApiKeys)
    unknown: str | None = None

    def unavailable_reason(self) -> str | None:
        """None unless a test says otherwise."""
        return self.unknown

    def put(self, key: ApiKey) -> None:
        """Add or replace a key, as a message of the topic does."""
        self.keys.update(key.key_id, msgspec.json.encode(key))


class InMemoryQuotas:
    """Buckets that only time since the first request refills: none of it passes."""

    def __init__(self) -> None:
        self._buckets: dict[str, Bucket] = {}

    def acquire(self, key_id: str, limit: RateLimit) -> Decision:
        """Acquire one request."""
        decision = acquire(self._buckets.get(key_id), limit, 0.0)
        self._buckets[key_id] = decision.bucket
        return decision


def use_keys(app: FastAPI, source: InMemoryKeys, sessions: Sessions | None = None) -> AccessService:
    """Give an application with `auth` on, whose lifespan does not run, keys in memory."""
    access = AccessService(source, InMemoryQuotas(), access_counter(CollectorRegistry()), sessions=sessions)
    app.state.access = access
    return access


async def answered_without_a_key(app: FastAPI) -> set[str]:
    """Every operation and WebSocket that an application with `auth` on does not refuse: `GET /livez`, `WS /ws/live`."""
    use_keys(app, InMemoryKeys())
    return {operation for operation in operations_of(app) if not await _is_refused(app, operation)}


def unknown_exceptions(app: FastAPI, policy: AccessPolicy) -> set[str]:
    """What a policy names and the application does not have."""
    operations = {operation.partition(" ")[::2] for operation in operations_of(app)}
    named = {exception.partition(" ")[::2] for exception in policy.exceptions}
    return {f"{method} {path}" for method, path in named - operations}


def operations_of(app: FastAPI) -> set[str]:
    """Method and path of every route, the hidden ones too. Raises TypeError for a kind of route that is not known."""
    return {operation for route in iter_route_contexts(app.routes) for operation in _operations(route)}


def _operations(route: RouteContext) -> set[str]:
    if isinstance(route.original_route, WebSocketRoute):
        return {f"WS {route.path}"}
    if isinstance(route.original_route, Route):
        return {f"{method} {route.path}" for method in route.methods or ()}
    raise TypeError(f"{route.original_route!r}: nobody knows what addresses are behind it; use routes")


async def _is_refused(app: FastAPI, operation: str) -> bool:
    method, _, template = operation.partition(" ")
    path = template
    for name in compile_path(template)[2]:
        path = path.replace(f"{{{name}}}", "x").replace(f"{{{name}:path}}", "x")
    is_socket = method == "WS"
    scope: dict[str, Any] = {
        "type": "websocket" if is_socket else "http",
        "method": method,
        "scheme": "ws" if is_socket else "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [_HOST],
        "subprotocols": [],
        "app": app,
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"} if is_socket else {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    # What is let in fails for want of what its lifespan would open.
    with suppress(Exception):
        async with asyncio.timeout(ANSWER_WITHIN_S):
            await app(scope, receive, send)
    first = sent[0] if sent else {}
    return first.get("reason") == UnauthenticatedError.title or first.get("status") == UnauthenticatedError.status
