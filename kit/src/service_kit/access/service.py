"""Decides whether a request is allowed: its key, the key's scopes, and its rate limit."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter

from iot_contracts.api_keys import ApiKey, RateLimit, Scope
from service_kit.access.api_keys import ApiKeys, require_scope, token_of
from service_kit.access.errors import AccessError, KeysUnknownError, RateLimitedError, UnauthenticatedError
from service_kit.access.sessions import Sessions, session_of
from service_kit.access.token_bucket import Decision

SIGN_INS = RateLimit(requests=10, window_s=60)
"""Attempts of one address to exchange a key for a session."""


class KeySource(Protocol):
    """Where the keys come from; see `consumer.ApiKeyConsumer`."""

    keys: ApiKeys

    def unavailable_reason(self) -> str | None:
        """Why the keys are not known yet, or None when they are."""


class Quotas(Protocol):
    """The keys' buckets; see `quotas.SharedQuotas`."""

    def acquire(self, key_id: str, limit: RateLimit) -> Decision:
        """Acquire one request from the key's bucket."""


@dataclass(frozen=True)
class Grant:
    """An allowed request, and the key's quota for the headers of its answer."""

    key: ApiKey
    quota: Decision | None


def access_counter(registry: CollectorRegistry) -> Counter:
    """The metric that counts decisions; once per registry."""
    return Counter(
        "http_access_total",
        "Requests whose API key was checked, by outcome: granted, or the code of the refusal.",
        ("outcome",),
        registry=registry,
    )


def _utc_now() -> datetime:
    return datetime.now(UTC)


class AccessService:
    """Checks requests against the keys.

    `passwords`: a key may be the password of Basic authentication. `sessions`: a browser may exchange one for a cookie.
    """

    def __init__(
        self,
        source: KeySource,
        quotas: Quotas,
        decisions: Counter,
        *,
        passwords: bool = False,
        sessions: Sessions | None = None,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._source = source
        self._quotas = quotas
        self._decisions = decisions
        self._passwords = passwords
        self._sessions = sessions
        self._now = now

    def admit(self, headers: Iterable[tuple[bytes, bytes]], scope: Scope) -> Grant:
        """Allow a request that needs `scope`.

        Raises UnauthenticatedError, ForbiddenError, RateLimitedError, KeysUnknownError.
        """
        try:
            grant = self._check(headers, scope)
        except AccessError as error:
            self._decisions.labels(error.code).inc()
            raise
        self._decisions.labels("granted").inc()
        return grant

    def has_valid_key(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Whether a request has a valid key, and so does not come from another site through a browser.

        A password or a cookie does not prove that: a browser sends it with every request. While the keys are
        unavailable `admit` decides.
        """
        if self._source.unavailable_reason() is not None:
            return True
        try:
            self._source.keys.authenticate(token_of(headers, password=False), self._now())
        except UnauthenticatedError:
            return False
        return True

    def is_still_valid(self, key: ApiKey) -> bool:
        """Whether an answer that goes on may go on: its key is not revoked, as far as is known."""
        if self._source.unavailable_reason() is not None:
            return True
        current = self._source.keys.current(key.key_id, self._now())
        return current is not None and current.secret_sha256 == key.secret_sha256

    def sign_in(self, token: str, client: str) -> tuple[ApiKey, str, int]:
        """Exchange a key that may read: the key, the value of its cookie, and how long that is good, in seconds.

        `client` is the caller's address. Raises what `admit` raises.
        """
        assert self._sessions is not None  # noqa: S101 - only asked where there are sessions
        attempts = self._quotas.acquire(f"sign-in {client}", SIGN_INS)
        if not attempts.granted:
            raise RateLimitedError(
                f"Too many attempts to sign in; try again in {attempts.retry_after_s} s",
                headers={"Retry-After": str(attempts.retry_after_s)},
            )
        reason = self._source.unavailable_reason()
        if reason is not None:
            raise KeysUnknownError(reason)
        key = self._source.keys.authenticate(token.encode(errors="replace"), self._now())
        require_scope(key, "read")
        return key, self._sessions.issue(key, self._now()), self._sessions.max_age_s

    def _check(self, headers: Iterable[tuple[bytes, bytes]], scope: Scope) -> Grant:
        reason = self._source.unavailable_reason()
        if reason is not None:
            raise KeysUnknownError(reason)
        cookie = None if self._sessions is None else _session_without_a_key(headers)
        if self._sessions is None or cookie is None:
            key = self._source.keys.authenticate(token_of(headers, password=self._passwords), self._now())
        else:
            key = self._sessions.authenticate(cookie, self._source.keys, self._now())
        require_scope(key, scope)
        quota = None if key.rate_limit is None else self._quotas.acquire(key.key_id, key.rate_limit)
        if quota is not None and not quota.granted:
            raise _rate_limited(key, quota)
        return Grant(key, quota)


def _session_without_a_key(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    """The session's cookie, unless the request has an Authorization, which goes before."""
    if any(name == b"authorization" for name, _ in headers):
        return None
    return session_of(headers)


def _rate_limited(key: ApiKey, quota: Decision) -> RateLimitedError:
    return RateLimitedError(
        f"Key {key.key_id} may send {quota.limit.requests} requests in {quota.limit.window_s} s; "
        f"send this one again in {quota.retry_after_s} s",
        headers={"Retry-After": str(quota.retry_after_s)}
        | {name.decode(): value.decode() for name, value in quota.headers()},
    )
