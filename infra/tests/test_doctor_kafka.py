"""What waits in Kafka is told from what is only not announced, and from what is no message at all."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from aiokafka import TopicPartition

from iotctl.doctor import kafka_facts

PLACE = TopicPartition("iot-sensors", 0)


class NoMessages:
    """Has the surface of AIOKafkaConsumer; no partition gives a message."""

    def __init__(self, end: int) -> None:
        self.end = end

    async def beginning_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(places, self.end)

    end_offsets = beginning_offsets

    def assign(self, _: list[TopicPartition]) -> None:
        pass

    def seek(self, _place: TopicPartition, _offset: int) -> None:
        pass

    async def getone(self, _: TopicPartition) -> Any:
        await asyncio.Event().wait()


def fact(end: int, committed: Mapping[int, int], folder: Path) -> kafka_facts.PartitionFact:
    consumer: Any = NoMessages(end)
    return asyncio.run(kafka_facts._partition_fact(consumer, PLACE, (0, end), committed, folder))


def test_a_stack_that_announced_nothing_since_kafka_forgot_is_not_one_that_stored_nothing():
    consumer: Any = NoMessages(end=7)
    with pytest.raises(LookupError, match="no commit was announced lately"):
        asyncio.run(kafka_facts._announced(consumer))


def test_what_the_table_holds_does_not_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(kafka_facts, "REQUEST_MS", 10)
    assert (fact(7, {0: 7}, tmp_path).unread, fact(7, {0: 5}, tmp_path).unread) == (0, 2)


def test_a_partition_that_ends_in_a_transaction_s_marker_has_no_age(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(kafka_facts, "REQUEST_MS", 10)
    seen = fact(7, {0: 6}, tmp_path)
    assert (seen.oldest_unread_age_s, seen.newest_in_future_s) == (None, 0.0)
