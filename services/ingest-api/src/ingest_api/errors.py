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
