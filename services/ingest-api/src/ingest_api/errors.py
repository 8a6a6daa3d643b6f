"""Errors of a request as a whole. Errors of single readings are part of the answer instead."""

from service_kit.problems import RETRY_AFTER_HEADER, DependencyUnavailableError, ServiceError

RETRY_AFTER = {"Retry-After": "1"}


class MalformedBodyError(ServiceError):
    """The body is not valid for its media type."""

    status = 400
    code = "malformed_body"
    title = "The body is not valid for its media type"


class InvalidPrecisionError(ServiceError):
    """InfluxDB has no such precision."""

    status = 400
    code = "invalid_precision"
    title = "Unknown precision"


class IncompleteBodyError(ServiceError):
    """The client disconnected before it had sent the whole body."""

    status = 400
    code = "incomplete_body"
    title = "The body is incomplete"


class BodyTimeoutError(ServiceError):
    """The client took too long to send its body."""

    status = 408
    code = "body_timeout"
    title = "The body was not received in time"


class BodyTooLargeError(ServiceError):
    """The body is larger than max_body_bytes."""

    status = 413
    code = "body_too_large"
    title = "The body is too large"


class TooManyReadingsError(ServiceError):
    """The batch has more readings than max_batch_readings."""

    status = 413
    code = "too_many_readings"
    title = "The batch has too many readings"


class UnsupportedMediaTypeError(ServiceError):
    """The format of the body is not supported."""

    status = 415
    code = "unsupported_media_type"
    title = "The body's format is not supported"


class OverloadedError(ServiceError):
    """Too many bytes are in progress already; nothing of the request was stored."""

    status = 503
    code = "overloaded"
    title = "Too many requests are in progress"
    documented_headers = RETRY_AFTER_HEADER

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers=RETRY_AFTER)


class KafkaUnavailableError(DependencyUnavailableError):
    """Kafka did not acknowledge the readings; it may have stored them or not."""

    code = "kafka_unavailable"
    title = "Kafka has not acknowledged the readings"
    documented_headers = RETRY_AFTER_HEADER

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"{reason}. Send the request again with the same reading_ids, so that no reading counts twice.",
            headers=RETRY_AFTER,
        )


class InvalidIdempotencyKeyError(ServiceError):
    """The header is not a valid key."""

    status = 400
    code = "invalid_idempotency_key"
    title = "The Idempotency-Key header is not valid"


class RequestRunningError(ServiceError):
    """The same request is in progress."""

    status = 409
    code = "request_running"
    title = "A request with this Idempotency-Key is still in progress"
    documented_headers = RETRY_AFTER_HEADER

    def __init__(self) -> None:
        super().__init__("Send it again after the time in Retry-After to get its answer", headers=RETRY_AFTER)


class IdempotencyKeyReusedError(ServiceError):
    """The key was used for another request."""

    status = 422
    code = "idempotency_key_reused"
    title = "The Idempotency-Key was used for another request"

    def __init__(self) -> None:
        super().__init__(
            "The first request with this key had another body, media type or address. "
            "Repeat a request unchanged, and use a new key for each new request"
        )


class IdempotencyStoreError(DependencyUnavailableError):
    """The stored answers cannot be read, so keyed requests cannot be accepted."""

    code = "idempotency_unavailable"
    title = "Requests with an Idempotency-Key cannot be accepted now"
    documented_headers = RETRY_AFTER_HEADER

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The file of stored answers cannot be used: {reason}. Nothing of this request was stored. "
            "Send it again; if the error stays, check the disk of INGEST_API_WORK_DIR",
            headers=RETRY_AFTER,
        )
