"""Why a request is not allowed."""

from typing import Final

from service_kit.problems import RETRY_AFTER_HEADER, DependencyUnavailableError, ServiceError

_CHALLENGE_HEADER: Final = {"WWW-Authenticate": {"description": "What is needed.", "schema": {"type": "string"}}}
_QUOTA_HEADERS: Final = RETRY_AFTER_HEADER | {
    "RateLimit-Policy": {
        "description": 'The key\'s quota: `"requests";q=<requests>;w=<seconds>`.',
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": 'What is left: `"requests";r=<requests>;t=<seconds until it is full again>`.',
        "schema": {"type": "string"},
    },
}


class AccessError(ServiceError):
    """The request is not allowed."""


class UnauthenticatedError(AccessError):
    """The API key is missing or not valid."""

    status = 401
    code = "unauthenticated"
    title = "A valid API key is required"
    documented_headers = _CHALLENGE_HEADER

    def __init__(self, detail: str, *, invalid: bool = True) -> None:
        challenge = 'Bearer realm="iot"' + (', error="invalid_token"' if invalid else "")
        super().__init__(detail, headers={"WWW-Authenticate": challenge})


class ForbiddenError(AccessError):
    """The API key lacks the scope."""

    status = 403
    code = "insufficient_scope"
    title = "The API key does not allow this"
    documented_headers = _CHALLENGE_HEADER

    def __init__(self, scope: str, key_id: str) -> None:
        super().__init__(
            f"Key {key_id} lacks the scope {scope!r}; use a key that has it (iotctl keys create --scope {scope})",
            headers={"WWW-Authenticate": f'Bearer realm="iot", error="insufficient_scope", scope="{scope}"'},
        )


class RateLimitedError(AccessError):
    """The API key has exceeded its rate limit."""

    status = 429
    code = "rate_limited"
    title = "Too many requests"
    documented_headers = _QUOTA_HEADERS


class KeysUnknownError(AccessError, DependencyUnavailableError):
    """The API keys have not been read from Kafka."""

    code = "keys_unavailable"
    title = "API keys cannot be checked now"
    documented_headers = RETRY_AFTER_HEADER

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason}. Send the request again after a pause", headers={"Retry-After": "1"})
