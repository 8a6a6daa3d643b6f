"""Small topics read whole and then followed, through a consumer of the same surface as aiokafka's."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from aiokafka import TopicPartition

from service_kit import kafka_topics
from service_kit.kafka_topics import Poll, follow_topics

PLACE = TopicPartition("iot-rules", 0)


@dataclass
class FakeConsumer:
    """Delivers batches of so many records; after the last one each poll is empty and takes `idle_s` of the clock."""

    batches: list[int]
    end: int
    idle_s: float
    now: float = 0.0
    at: int = 0
    asked: dict[str, object] = field(default_factory=dict)

    def __call__(self, **asked: object) -> "FakeConsumer":
        self.asked = asked
        return self

    async def start(self) -> None:
        """Nothing to connect to."""

    async def stop(self) -> None:
        """Nothing to leave."""

    def assign(self, partitions: Sequence[TopicPartition]) -> None:
        assert partitions == [PLACE]

    async def seek_to_beginning(self, *partitions: TopicPartition) -> None:
        self.at = 0

    async def end_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, self.end)

    async def position(self, partition: TopicPartition) -> int:
        return self.at

    async def getmany(self, timeout_ms: int) -> dict[TopicPartition, list[object]]:
        if not self.batches:
            self.now += self.idle_s
            return {}
        count = self.batches.pop(0)
        self.at += count
        return {PLACE: [object()] * count} if count else {}


def connect(monkeypatch: pytest.MonkeyPatch, consumer: FakeConsumer) -> FakeConsumer:
    monkeypatch.setattr(kafka_topics, "AIOKafkaConsumer", consumer)
    monkeypatch.setattr(time, "monotonic", lambda: consumer.now)
    return consumer


async def follow(polls: list[Poll]) -> None:
    await follow_topics("localhost:9", [PLACE], polls.append, client_id="test", wait_ms=500, request_timeout_ms=1500)


async def test_a_topic_is_whole_once_all_is_delivered_that_it_held_at_first(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, FakeConsumer([2, 1, 1], end=3, idle_s=30.0))
    polls: list[Poll] = []
    monkeypatch.setattr(kafka_topics, "check_progress", _ends)
    with pytest.raises(EndOfTestError):
        await follow(polls)
    assert [(len(poll.records), poll.positions[PLACE], poll.whole) for poll in polls] == [
        (0, 0, False),
        (2, 2, False),
        (1, 3, True),
        (1, 4, True),
    ]


async def test_an_empty_topic_is_whole_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, FakeConsumer([], end=0, idle_s=30.0))
    monkeypatch.setattr(kafka_topics, "check_progress", _ends)
    polls: list[Poll] = []
    with pytest.raises(EndOfTestError):
        await follow(polls)
    assert [poll.whole for poll in polls] == [True]


async def test_messages_that_wait_for_a_minute_and_do_not_come_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of them may revoke a key, or change a rule."""
    connect(monkeypatch, FakeConsumer([3], end=4, idle_s=30.0))
    polls: list[Poll] = []
    with pytest.raises(TimeoutError, match="1 messages wait and no offset has moved for 60 s"):
        await follow(polls)
    assert not any(poll.whole for poll in polls)


class EndOfTestError(Exception):
    """Ends what would go on for ever."""


async def _ends(*_: object) -> None:
    raise EndOfTestError
