"""What can go wrong with a request as a whole. Errors of single readings are part of the answer instead."""

from service_kit.problems import DependencyUnavailableError, ServiceError

RETRY_AFTER = {"Retry-After": "1"}


class MalformedBodyError(ServiceError):
    """The body is not what its media type says."""

    status = 400
    code = "malformed_body"
    title = "The body is not what its media type says"


class InvalidPrecisionError(ServiceError):
    """The precision of a line protocol write is none that InfluxDB has."""

    status = 400
    code = "invalid_precision"
    title = "The precision is not known"


class IncompleteBodyError(ServiceError):
    """The client went away before it had sent its whole body."""

    status = 400
    code = "incomplete_body"
    title = "The body ended early"


class BodyTimeoutError(ServiceError):
    """The client takes too long to send its body."""

    status = 408
    code = "body_timeout"
    title = "The body did not come in time"


class BodyTooLargeError(ServiceError):
    """The body has more bytes than the setting allows."""

    status = 413
    code = "body_too_large"
    title = "The body is too large"


class TooManyReadingsError(ServiceError):
    """The batch has more readings than the setting allows."""

    status = 413
    code = "too_many_readings"
    title = "The batch has too many readings"


class UnsupportedMediaTypeError(ServiceError):
    """The body is in no format that is taken here."""

    status = 415
    code = "unsupported_media_type"
    title = "The body's format is not supported"


class OverloadedError(ServiceError):
    """Too many bytes are being worked on already; nothing of the request was kept."""

    status = 503
    code = "overloaded"
    title = "Too much is in flight"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers=RETRY_AFTER)


class KafkaUnavailableError(DependencyUnavailableError):
    """Kafka did not acknowledge; whether it has the readings is unknown."""

    code = "kafka_unavailable"
    title = "Kafka has not acknowledged the readings"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"{reason}. Send the request again with the same reading_ids: repetitions are recognised by them.",
            headers=RETRY_AFTER,
        )


class InvalidIdempotencyKeyError(ServiceError):
    """The header can't be a key."""

    status = 400
    code = "invalid_idempotency_key"
    title = "The Idempotency-Key header is not valid"


class RequestRunningError(ServiceError):
    """The same request is being worked on."""

    status = 409
    code = "request_running"
    title = "A request with this Idempotency-Key is still being worked on"

    def __init__(self) -> None:
        super().__init__(
            "Send it again after the time in Retry-After, to get the first one's answer", headers=RETRY_AFTER
        )


class IdempotencyKeyReusedError(ServiceError):
    """The key belongs to another request."""

    status = 422
    code = "idempotency_key_reused"
    title = "The Idempotency-Key was used for another request"

    def __init__(self) -> None:
        super().__init__(
            "The first request with this key had another body, media type or address. "
            "Repeat a request unchanged, and make a new key for every new one"
        )


class IdempotencyStoreError(DependencyUnavailableError):
    """What is known of earlier requests can't be read, so that a keyed one can't be taken."""

    code = "idempotency_unavailable"
    title = "Keyed requests can't be taken now"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The file of keyed requests can't be used: {reason}. Nothing of this request was kept; "
            "send it again, or see to the disk of the ingest API's work folder",
            headers=RETRY_AFTER,
        )


class AccessError(ServiceError):
    """A request that is not allowed to do what it asks for."""


class UnauthenticatedError(AccessError):
    """No API key, or none that is known."""

    status = 401
    code = "unauthenticated"
    title = "A valid API key is needed"

    def __init__(self, detail: str, *, invalid: bool = True) -> None:
        challenge = 'Bearer realm="iot"' + (', error="invalid_token"' if invalid else "")
        super().__init__(detail, headers={"WWW-Authenticate": challenge})


class ForbiddenError(AccessError):
    """The API key has not the scope."""

    status = 403
    code = "insufficient_scope"
    title = "The API key may not do this"

    def __init__(self, scope: str, key_id: str) -> None:
        super().__init__(
            f"Key {key_id} lacks the scope {scope!r}; use a key that has it (iotctl keys create --scope {scope})",
            headers={"WWW-Authenticate": f'Bearer realm="iot", error="insufficient_scope", scope="{scope}"'},
        )


class RateLimitedError(AccessError):
    """The API key has used up its requests."""

    status = 429
    code = "rate_limited"
    title = "Too many requests"


class KeysUnknownError(AccessError, DependencyUnavailableError):
    """The API keys have not been read yet."""

    code = "keys_unavailable"
    title = "API keys can't be checked yet"

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason}. Send the request again after a pause", headers=RETRY_AFTER)
