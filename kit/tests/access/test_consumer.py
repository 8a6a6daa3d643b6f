"""Keys that wait in the topic and do not come."""

import time
from typing import cast

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from service_kit.access.api_keys import ApiKeys
from service_kit.access.consumer import _poll
from service_kit.progress import Progress

PLACE = TopicPartition("iot-api-keys", 0)


class SilentConsumer:
    """Has the surface of AIOKafkaConsumer: knows that a message waits, and does not bring it."""

    async def getmany(self, timeout_ms: int) -> dict[TopicPartition, list[object]]:
        return {}

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, 4)

    async def position(self, _partition: TopicPartition) -> int:
        return 3


async def test_a_key_that_waits_for_a_minute_and_does_not_come_makes_all_keys_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    silent, progress, now = cast(AIOKafkaConsumer, SilentConsumer()), Progress(), [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    await _poll(silent, [PLACE], ApiKeys(), progress)
    now[0] = 60.0
    with pytest.raises(TimeoutError, match="1 messages wait and no offset has moved for 60 s"):
        await _poll(silent, [PLACE], ApiKeys(), progress)
