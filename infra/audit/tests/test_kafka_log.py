"""Reading a range of a topic ends: with its last offset, or because the broker gives nothing any more."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaTimeoutError

from audit import kafka_log

PLACE = TopicPartition("iot-sensors", 0)


class Silent:
    """Has the surface of AIOKafkaConsumer: passes over `steps` offsets that hold no message, then gives nothing."""

    def __init__(self, steps: int) -> None:
        self.steps, self.at = steps, 0

    def assign(self, _: list[TopicPartition]) -> None:
        pass

    def seek(self, _: TopicPartition, offset: int) -> None:
        self.at = offset

    def pause(self, *_: TopicPartition) -> None:
        pass

    async def getmany(self, *_: TopicPartition, timeout_ms: int) -> dict[TopicPartition, list[Any]]:
        await asyncio.sleep(0)
        self.at, self.steps = self.at + (self.steps > 0), self.steps - 1
        return {}

    async def position(self, _: TopicPartition) -> int:
        return self.at


async def read(steps: int) -> list[Any]:
    consumer: Any = Silent(steps)
    return [records async for records in kafka_log.read(consumer, {PLACE: (0, 5)})]


def test_offsets_without_a_message_are_passed_over() -> None:
    assert asyncio.run(read(steps=5)) == []


def test_a_broker_that_gives_nothing_any_more_ends_the_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_log, "SILENT_S", 0.05)
    with pytest.raises(KafkaTimeoutError, match="iot-sensors: no message for"):
        asyncio.run(asyncio.wait_for(read(steps=3), 5))
