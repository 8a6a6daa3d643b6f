"""Dead letters: what is published of a message that could not become a reading. Pure."""

import hashlib
from datetime import datetime

import msgspec

from iot_contracts.dead_letters import MAX_PAYLOAD_BYTES, DeadLetter
from iot_contracts.topics import IOT_DLQ, IOT_SENSORS
from iot_domain.decoding import Refusal
from stream_processor.operator.facts import Outgoing

MAX_DETAIL = 500
_encode = msgspec.json.Encoder().encode


def dead_letter(message: bytes | None, refusal: Refusal, partition: int, offset: int, at: datetime) -> Outgoing:
    """The message, byte for byte up to MAX_PAYLOAD_BYTES, with the reason; `at` is the broker's append time.

    A letter larger than Kafka takes would fail its batch again and again.
    """
    payload, detail = message or b"", refusal.detail[:MAX_DETAIL]
    if len(payload) > MAX_PAYLOAD_BYTES:
        detail = (
            f"{detail}; the first {MAX_PAYLOAD_BYTES} of {len(payload)} bytes; all are at the source, "
            f"SHA-256 {hashlib.sha256(payload).hexdigest()}"
        )
    letter = DeadLetter(
        reason=refusal.reason,
        detail=detail,
        payload=payload[:MAX_PAYLOAD_BYTES],
        source_topic=IOT_SENSORS.name,
        source_partition=partition,
        source_offset=offset,
        failed_at=at,
    )
    return Outgoing(IOT_DLQ.name, f"{IOT_SENSORS.name}:{partition}:{offset}".encode(), _encode(letter))
