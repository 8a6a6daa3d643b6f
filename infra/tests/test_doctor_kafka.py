"""What waits in Kafka is told from what is only not announced, and from what is no message at all."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from iot_contracts.topics import IOT_SENSORS
from iotctl.doctor.kafka_facts import _announced, _partition_fact

EXAMPLES = Path(__file__).parents[2] / "contracts/examples/iot-commits"
PLACE = TopicPartition(IOT_SENSORS.name, 0)


@dataclass
class Record:
    value: bytes | None
    timestamp: int = 1000


class LogConsumer:
    """Has the surface of AIOKafkaConsumer: a partition's log, in which None is the end of a transaction."""

    def __init__(self, log: list[Record | None]) -> None:
        self._log = log
        self._at = 0

    async def beginning_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(places, 0)

    async def end_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(places, len(self._log))

    def assign(self, _places: list[TopicPartition]) -> None:
        pass

    def seek(self, _place: TopicPartition, offset: int) -> None:
        self._at = offset

    async def position(self, _place: TopicPartition) -> int:
        return self._at

    async def getmany(self, place: TopicPartition, *, timeout_ms: int) -> dict[TopicPartition, list[Record]]:
        assert timeout_ms
        records = [record for record in self._log[self._at :] if record is not None]
        self._at = len(self._log)
        return {place: records} if records else {}


def consumer_of(*log: Record | None) -> AIOKafkaConsumer:
    return cast(AIOKafkaConsumer, LogConsumer(list(log)))


def test_the_newest_commit_is_found_behind_what_is_none() -> None:
    commit = (EXAMPLES / "valid" / "readings.json").read_bytes()
    foreign = [path.read_bytes() for path in sorted((EXAMPLES / "invalid").iterdir())]
    rubbish = [None, b"", b"\xff", b"[" * 5000, *foreign]
    consumer = consumer_of(Record(commit), *map(Record, rubbish), None)
    assert asyncio.run(_announced(consumer)) == {0: 120, 1: 98, 2: 0}


def test_the_end_of_a_transaction_is_no_message_that_is_waited_for(tmp_path: Path) -> None:
    consumer = consumer_of(Record(b"{}", timestamp=5000), None)
    fact = asyncio.run(_partition_fact(consumer, PLACE, (0, 2), {0: 1}, tmp_path))
    assert fact.oldest_unread_age_s is None
    assert fact.newest_in_future_s == 0.0


def test_the_oldest_message_that_waits_is_the_first_behind_the_end_of_a_transaction(tmp_path: Path) -> None:
    consumer = consumer_of(Record(b"{}"), None, Record(b"{}", timestamp=5000))
    fact = asyncio.run(_partition_fact(consumer, PLACE, (0, 3), {0: 1}, tmp_path))
    assert fact.oldest_unread_age_s is not None
    assert fact.unread == 2


def test_a_stack_that_announced_nothing_since_kafka_forgot_is_not_one_that_stored_nothing() -> None:
    with pytest.raises(LookupError, match="no commit was announced lately"):
        asyncio.run(_announced(consumer_of(*[None] * 7)))


def test_what_the_table_holds_does_not_wait(tmp_path: Path) -> None:
    for committed, unread in ((7, 0), (5, 2)):
        fact = asyncio.run(_partition_fact(consumer_of(*[None] * 7), PLACE, (0, 7), {0: committed}, tmp_path))
        assert fact.unread == unread
