"""A dead letter: a message that could not become a reading, kept on topic `iot-dlq` with the reason."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta, Struct

MAX_PAYLOAD_BYTES: Final = 700 * 1024
"""What of a message is kept: in base64 it fits a message of Kafka's usual size, 1 MiB."""


class DeadLetterReason(StrEnum):
    """Why the message could not be used."""

    NOT_JSON = "not_json"
    MISSING_FIELD = "missing_field"
    INVALID_FIELD = "invalid_field"


class DeadLetter(Struct, frozen=True, kw_only=True):
    """The message, byte for byte (base64), where it came from and what is wrong with it."""

    reason: DeadLetterReason
    detail: Annotated[str, Meta(description="Which field, and what was expected of it.")]
    payload: Annotated[
        bytes, Meta(description="The message as it came, base64; a very long one is cut, and `detail` says so.")
    ]
    source_topic: str
    source_partition: Annotated[int, Meta(ge=0)]
    source_offset: Annotated[int, Meta(ge=0)]
    failed_at: Annotated[datetime, Meta(tz=True)]
