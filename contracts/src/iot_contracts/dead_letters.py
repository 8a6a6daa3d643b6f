"""A dead letter: a message that could not become a reading, kept on topic `iot-dlq` with the reason."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta, Struct

MAX_PAYLOAD_BYTES: Final = 64 * 1024
"""Largest payload that is kept; the rest is at the source."""


class DeadLetterReason(StrEnum):
    """Why the message is not a reading."""

    NOT_JSON = "not_json"
    MISSING_FIELD = "missing_field"
    INVALID_FIELD = "invalid_field"
    CONTRADICTION = "contradiction"


class DeadLetter(Struct, frozen=True, kw_only=True):
    """The original message (base64), its source and the error."""

    reason: DeadLetterReason
    detail: Annotated[str, Meta(description="Which field is invalid, and what was expected.")]
    payload: Annotated[
        bytes, Meta(description="The original message, base64; a very long one is truncated, and `detail` says so.")
    ]
    source_topic: str
    source_partition: Annotated[int, Meta(ge=0)]
    source_offset: Annotated[int, Meta(ge=0)]
    failed_at: Annotated[datetime, Meta(tz=True)]
