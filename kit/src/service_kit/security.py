"""Which requests a service accepts, and what its responses allow a browser. Pure ASGI, since it is on the hot path.

A page on any web site can have its visitor's browser send requests to loopback, and the owner of a name can
point it to this machine's address (DNS rebinding), so that the browser treats their page as ours. Therefore:

- `Host` must be an address of ours. Every IP address and `localhost` are accepted: rebinding needs a name.
- A request that changes something, and a WebSocket, may not come from another site's page. Browsers say where it comes
  from in `Origin` and `Sec-Fetch-Site`, which no page can forge; a client that sends neither is not a browser.
- Reading is left to the browser, which shows no answer of ours to another site: there are no CORS headers, and no
  GET changes anything.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import lru_cache

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service_kit.hosts import MAX_LENGTH, Authority, Origin, origin_of, parse_authority, parse_origin
from service_kit.logging import get_logger
from service_kit.problems import Refusal, ServiceError
from service_kit.security_headers import security_headers
from service_kit.settings import ServiceSettings

Headers = Iterable[tuple[bytes, bytes]]
KeyCheck = Callable[[Headers], bool]
"""Whether a request's headers carry a valid API key, which no page of another site has."""

_POLICY_VIOLATION = 1008
_READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITE = frozenset({b"same-origin", b"none"})
_CACHED_HOSTS = 64
_log = get_logger(__name__)


class MalformedHostError(ServiceError):
    """The Host header is missing, repeated or malformed."""

    status = 400
    code = "malformed_host"
    title = "The Host header is not valid"


class MisdirectedRequestError(ServiceError):
    """The Host header names another host."""

    status = 421
    code = "misdirected_request"
    title = "The request is for another host"


class ForeignOriginError(ServiceError):
    """A page of another site sent a request that changes something."""

    status = 403
    code = "foreign_origin"
    title = "Requests from other sites' pages are not allowed"


class RequestGuard:
    """ASGI middleware: refuses requests for other hosts and of other sites, and adds the security headers.

    `policies` names the Content-Security-Policy of paths that need another one than PAGE_POLICY.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        settings: ServiceSettings,
        refusal: Refusal,
        has_valid_key: KeyCheck | None = None,
        policies: Mapping[str, str] | None = None,
    ) -> None:
        self._app = app
        self._refusal = refusal
        self._has_valid_key = has_valid_key
        self._own_names = {parse_authority(host).name for host in settings.allowed_hosts} | {settings.host.lower()}
        self._own_origins = {parse_origin(origin) for origin in settings.allowed_origins}
        self._hosts_setting = settings.variable("allowed_hosts")
        self._origins_setting = settings.variable("allowed_origins")
        self._headers = security_headers()
        self._headers_by_path = {path: security_headers(policy) for path, policy in (policies or {}).items()}
        self._own_authority = lru_cache(_CACHED_HOSTS)(self._check_host)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Handle one connection."""
        if scope["type"] == "http":
            return self._handle_http(scope, receive, send)
        if scope["type"] == "websocket":
            return self._handle_websocket(scope, receive, send)
        return self._app(scope, receive, send)

    def _handle_http(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        headers = self._headers_by_path.get(scope["path"], self._headers)

        def send_with_headers(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *headers]
            return send(message)

        try:
            self._check(scope, changes_something=scope["method"] not in _READING_METHODS)
        except ServiceError as error:
            return self._refusal(Request(scope), error)(scope, receive, send_with_headers)
        return self._app(scope, receive, send_with_headers)

    async def _handle_websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._check(scope, changes_something=True)
        except ServiceError as error:
            _log.warning("websocket refused", detail=error.detail)
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": error.title})
            return
        await self._app(scope, receive, send)

    def _check(self, scope: Scope, *, changes_something: bool) -> None:
        """Raises MalformedHostError, MisdirectedRequestError or ForeignOriginError."""
        hosts: list[bytes] = []
        origins: list[bytes] = []
        sites: list[bytes] = []
        for name, value in scope["headers"]:
            if name == b"host":
                hosts.append(value)
            elif name == b"origin":
                origins.append(value)
            elif name == b"sec-fetch-site":
                sites.append(value)
        if len(hosts) != 1 or len(hosts[0]) > MAX_LENGTH:
            raise MalformedHostError(f"Send one Host header of at most {MAX_LENGTH} characters; there are {len(hosts)}")
        host = self._own_authority(hosts[0])
        if changes_something and (origins or sites) and not self._is_own_sender(scope, host, origins, sites):
            sender = b", ".join(origins or sites)[:MAX_LENGTH].decode("latin-1")
            raise ForeignOriginError(
                f"The request comes from another site ({sender}); if that page is ours, add its origin to "
                f"{self._origins_setting}"
            )

    def _is_own_sender(self, scope: Scope, host: Authority, origins: list[bytes], sites: list[bytes]) -> bool:
        """Whether a page of ours sent the request, or one that has an API key."""
        sender = _origin(origins[0]) if len(origins) == 1 else None
        if sender in self._own_origins:
            return True
        scheme = "https" if scope.get("scheme") in ("https", "wss") else "http"
        is_own_page = not origins or sender == origin_of(scheme, host)
        is_own_site = not sites or (len(sites) == 1 and sites[0] in _OWN_SITE)
        if is_own_page and is_own_site:
            return True
        return self._has_valid_key is not None and self._has_valid_key(scope["headers"])

    def _check_host(self, value: bytes) -> Authority:
        try:
            host = parse_authority(value.decode("latin-1"))
        except ValueError as error:
            raise MalformedHostError(f"Send one Host header: {error}") from None
        if not host.is_address and host.name not in self._own_names:
            raise MisdirectedRequestError(
                f"{host.name} is not a host name of this service; to allow it, add it to {self._hosts_setting}"
            )
        return host


def _origin(value: bytes) -> Origin | None:
    try:
        return parse_origin(value.decode("latin-1"))
    except ValueError:
        return None
