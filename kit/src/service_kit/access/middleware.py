"""Checks each request's API key before anything of the request is read. Pure ASGI, since it is on the hot path."""

from collections.abc import Callable
from functools import lru_cache

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from iot_contracts.api_keys import ApiKey
from service_kit.access.errors import AccessError
from service_kit.access.policy import READING_METHODS, AccessPolicy
from service_kit.access.service import AccessService
from service_kit.problems import Refusal

_POLICY_VIOLATION = 1008
_CACHED_PATHS = 1024
_DENIAL = "websocket.http.response"


class AccessControl:
    """ASGI middleware: lets a request with a sufficient key pass, and adds the key's quota to its answer.

    A WebSocket is refused before it is accepted. An answer that goes on, and an open WebSocket, ends when its key is
    revoked.
    """

    def __init__(
        self, app: ASGIApp, *, access: Callable[[], AccessService], policy: AccessPolicy, refusal: Refusal
    ) -> None:
        self._app = app
        self._access = access
        self._needed_scope = lru_cache(_CACHED_PATHS)(policy.needed_scope)
        self._refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        method = scope.get("method", "GET")  # a WebSocket has none, and is for reading
        needed = None if scope["type"] == "lifespan" else self._needed_scope(method, scope["path"])
        if needed is None:
            await self._app(scope, receive, send)
            return
        access = self._access()
        try:
            grant = access.admit(scope["headers"], needed)
        except AccessError as error:
            await self._refuse(error, scope, receive, send)
            return
        scope.setdefault("state", {})["api_key_id"] = grant.key.key_id
        if method in READING_METHODS:
            send = _until_revoked(send, grant.key, access)
        if grant.quota is not None:
            send = _with_headers(send, grant.quota.headers())
        await self._app(scope, receive, send)

    async def _refuse(self, error: AccessError, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._refusal(Request(scope), error)(scope, receive, send)
        elif _DENIAL in scope.get("extensions", {}):
            response = self._refusal(Request({**scope, "type": "http", "method": "GET"}), error)
            await response(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": error.title})


def _with_headers(send: Send, more: list[tuple[bytes, bytes]]) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.accept"):
            message["headers"] = [*message.get("headers", ()), *more]
        await send(message)

    return send_with_headers


def _until_revoked(send: Send, key: ApiKey, access: AccessService) -> Send:
    """Raises OSError, as for a client that has left, once the key is revoked."""

    async def send_until_revoked(message: Message) -> None:
        goes_on = message["type"] == "websocket.send" or message.get("more_body", False)
        if goes_on and not access.is_still_valid(key):
            if message["type"] == "websocket.send":
                await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": "the API key is revoked"})
            raise OSError(f"API key {key.key_id} is revoked")
        await send(message)

    return send_until_revoked
