"""Decides whether a request may pass: who sends it, what that one may do, how often."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from ingest_api.access.api_keys import ApiKeys, require_scope, token_of
from ingest_api.access.token_bucket import Decision
from ingest_api.errors import AccessError, KeysUnknownError, RateLimitedError, UnauthenticatedError
from ingest_api.metrics import Metrics
from iot_contracts.api_keys import ApiKey, RateLimit, Scope


class KeySource(Protocol):
    """Where the keys come from; see `consumer.ApiKeyConsumer`."""

    keys: ApiKeys

    def unavailable_reason(self) -> str | None:
        """Why the keys are not known yet, or None when they are."""


class Quotas(Protocol):
    """The keys' buckets; see `quotas.SharedQuotas`."""

    def acquire(self, key_id: str, limit: RateLimit) -> Decision:
        """Take one request out of the key's bucket."""


@dataclass(frozen=True)
class Grant:
    """A request that may pass, and what its answer says of the key's quota."""

    key: ApiKey
    quota: Decision | None


def _utc_now() -> datetime:
    return datetime.now(UTC)


class AccessService:
    """Checks requests against the keys."""

    def __init__(
        self, source: KeySource, quotas: Quotas, metrics: Metrics, now: Callable[[], datetime] = _utc_now
    ) -> None:
        self._source = source
        self._quotas = quotas
        self._metrics = metrics
        self._now = now

    def admit(self, headers: Iterable[tuple[bytes, bytes]], scope: Scope) -> Grant:
        """Let a request pass that needs `scope`.

        Raises UnauthenticatedError, ForbiddenError, RateLimitedError, KeysUnknownError.
        """
        try:
            grant = self._check(headers, scope)
        except AccessError as error:
            self._metrics.access.labels(error.code).inc()
            raise
        self._metrics.access.labels("granted").inc()
        return grant

    def has_valid_key(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Whether a request was given a valid key by its sender, and so is not another site's through a browser.

        A password is no proof of that: a browser that has it sends it with every request. While the keys are unknown
        `admit` decides.
        """
        if self._source.unavailable_reason() is not None:
            return True
        try:
            self._source.keys.authenticate(token_of(headers, password=False), self._now())
        except UnauthenticatedError:
            return False
        return True

    def _check(self, headers: Iterable[tuple[bytes, bytes]], scope: Scope) -> Grant:
        reason = self._source.unavailable_reason()
        if reason is not None:
            raise KeysUnknownError(reason)
        key = self._source.keys.authenticate(token_of(headers), self._now())
        require_scope(key, scope)
        quota = None if key.rate_limit is None else self._quotas.acquire(key.key_id, key.rate_limit)
        if quota is not None and not quota.granted:
            raise _rate_limited(key, quota)
        return Grant(key, quota)


def _rate_limited(key: ApiKey, quota: Decision) -> RateLimitedError:
    return RateLimitedError(
        f"Key {key.key_id} may send {quota.limit.requests} requests in {quota.limit.window_s} s; "
        f"send this one again in {quota.retry_after_s} s, and put more readings into one request",
        headers={"Retry-After": str(quota.retry_after_s)}
        | {name.decode(): value.decode() for name, value in quota.headers()},
    )
