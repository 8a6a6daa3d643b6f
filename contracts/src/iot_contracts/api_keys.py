"""An API key: its owner, scopes, rate limit, and a hash instead of the secret."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

TOKEN_PREFIX = "iot"  # noqa: S105 - the mark of our tokens, by which scanners find leaked ones; no secret
"""A token is `iot_<key_id>_<secret>`; the secret has at least 256 random bits."""

KEY_ID_PATTERN = r"^[0-9a-f]{16}$"

Scope = Literal["write", "read", "admin"]
"""`write`: send readings. `read`: query data and metrics. `admin`: both, and manage data of others."""


class RateLimit(Struct, frozen=True, kw_only=True):
    """A token bucket: holds `requests` and refills evenly over the window."""

    requests: Annotated[int, Meta(ge=1, le=1_000_000_000)]
    window_s: Annotated[int, Meta(ge=1, le=86_400, description="Time in which an empty bucket refills, in seconds.")]


class ApiKey(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One API key on topic `iot-api-keys`; the newest message of a `key_id` is the key."""

    key_id: Annotated[str, Meta(pattern=KEY_ID_PATTERN, description="Not secret.", examples=["9f86d081884c7d65"])]
    name: Annotated[str, Meta(min_length=1, max_length=64, description="Whose key it is.", examples=["gateway-7"])]
    secret_sha256: Annotated[
        str,
        Meta(
            pattern=r"^[0-9a-f]{64}$",
            description="SHA-256 of the token's secret part, hexadecimal. The secret is random and long, so that "
            "no salt or slow hash is needed: it can't be guessed from a dictionary.",
        ),
    ]
    scopes: Annotated[tuple[Scope, ...], Meta(min_length=1)]
    rate_limit: RateLimit | None = None
    created_at: Annotated[datetime, Meta(tz=True)]
    revoked_at: Annotated[datetime, Meta(tz=True, description="The key is refused from then on.")] | None = None
