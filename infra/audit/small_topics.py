"""The other topics' side of the evidence: where dead letters came from, what alerts are about."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TypeVar
from uuid import UUID

import msgspec
from aiokafka import TopicPartition

from audit.kafka_log import consumer_of, read
from iot_contracts.topics import IOT_SENSORS

Row = TypeVar("Row")


class _Letter(msgspec.Struct):
    source_topic: str
    source_partition: int
    source_offset: int


class _Alert(msgspec.Struct):
    alert_id: str
    sensor_id: str
    reading_id: UUID


_decode_letter = msgspec.json.Decoder(_Letter).decode
_decode_alert = msgspec.json.Decoder(_Alert).decode


def letter_row(payload: bytes) -> tuple[int, int] | None:
    """Return the position in `iot-sensors` that a dead letter is about; None for another topic's."""
    letter = _decode_letter(payload)
    return (letter.source_partition, letter.source_offset) if letter.source_topic == IOT_SENSORS.name else None


def alert_row(payload: bytes) -> tuple[str, str, bytes]:
    """Return an alert's id and its reading's identity."""
    alert = _decode_alert(payload)
    return alert.alert_id, alert.sensor_id, alert.reading_id.bytes


def read_rows(
    bootstrap: str,
    ranges: Mapping[TopicPartition, tuple[int, int]],
    row_of: Callable[[bytes], Row | None],
    add: Callable[[list[Row]], None],
) -> None:
    """Hand the rows of the messages in each partition's [first, end) to `add`, in pieces.

    What a foreign producer wrote there and is no such message is left out.
    """

    def rows(payloads: list[bytes]) -> list[Row]:
        found = []
        for payload in payloads:
            try:
                row = row_of(payload)
            except (msgspec.DecodeError, ValueError, RecursionError):
                continue
            if row is not None:
                found.append(row)
        return found

    async def work() -> None:
        async with consumer_of(bootstrap) as consumer:
            async for records in read(consumer, ranges):
                add(rows([record.value or b"" for record in records]))

    if any(first < end for first, end in ranges.values()):
        asyncio.run(work())
