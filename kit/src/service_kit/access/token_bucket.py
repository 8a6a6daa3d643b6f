"""The token bucket and its headers (draft-ietf-httpapi-ratelimit-headers). Pure."""

import math
from dataclasses import dataclass

from iot_contracts.api_keys import RateLimit


@dataclass(frozen=True)
class Bucket:
    """`tokens` requests may be sent at time `at_s`."""

    tokens: float
    at_s: float


@dataclass(frozen=True)
class Decision:
    """Whether a request may pass, and what is left then."""

    granted: bool
    bucket: Bucket
    limit: RateLimit

    @property
    def retry_after_s(self) -> int:
        """Whole seconds until one request may be sent, at least 1."""
        return max(1, math.ceil((1 - self.bucket.tokens) * self.limit.window_s / self.limit.requests))

    def headers(self) -> list[tuple[bytes, bytes]]:
        """`RateLimit-Policy` and `RateLimit`: r requests are left; the quota is full again in t seconds."""
        limit, tokens = self.limit, self.bucket.tokens
        full_in_s = math.ceil((limit.requests - tokens) * limit.window_s / limit.requests)
        return [
            (b"ratelimit-policy", b'"requests";q=%d;w=%d' % (limit.requests, limit.window_s)),
            (b"ratelimit", b'"requests";r=%d;t=%d' % (int(tokens), full_in_s)),
        ]


def acquire(bucket: Bucket | None, limit: RateLimit, now_s: float) -> Decision:
    """Acquire one token; None is an unused bucket. A refused request costs nothing."""
    tokens = float(limit.requests)
    if bucket is not None:
        gained = max(0.0, now_s - bucket.at_s) * limit.requests / limit.window_s
        tokens = min(tokens, bucket.tokens + gained)
    granted = tokens >= 1
    return Decision(granted, Bucket(tokens - 1 if granted else tokens, now_s), limit)
