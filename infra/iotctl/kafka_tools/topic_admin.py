"""`iotctl topics`: what there is, what each is like, and making one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import for_code

from iotctl.kafka_tools.reading_topics import kafka_errors
from stack.errors import IotctlError

CONNECT_MS = 5_000


@dataclass(frozen=True)
class PartitionState:
    """One partition: who leads it, and between which offsets its messages are."""

    number: int
    leader: int
    replicas: tuple[int, ...]
    beginning: int
    end: int


@dataclass(frozen=True)
class TopicState:
    """One topic as the broker has it. `settings` are those that differ from the broker's defaults."""

    name: str
    partitions: tuple[PartitionState, ...]
    settings: Mapping[str, str]

    @property
    def kept(self) -> int:
        """Return how many offsets lie between beginning and end (compaction leaves fewer messages)."""
        return sum(partition.end - partition.beginning for partition in self.partitions)


def create(bootstrap: str, name: str, partitions: int, settings: Mapping[str, str]) -> None:
    """Make a topic that is in no registry. Raises IotctlError when it exists or Kafka refuses it."""
    asyncio.run(_create(bootstrap, NewTopic(name, partitions, 1, topic_configs=dict(settings))))


def states(bootstrap: str, name: str | None = None) -> list[TopicState]:
    """Return every topic that is not Kafka's own, or the named one. Raises IotctlError."""
    return asyncio.run(_states(bootstrap, name))


@asynccontextmanager
async def _admin(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=CONNECT_MS)
    async with kafka_errors("topics", bootstrap):
        try:
            await admin.start()
            yield admin
        finally:
            await admin.close()


async def _create(bootstrap: str, topic: NewTopic) -> None:
    async with _admin(bootstrap) as admin:
        response = await admin.create_topics([topic])
    for name, code, *details in response.topic_errors:
        if code:
            why = next((str(detail) for detail in details if detail), for_code(code).__name__)
            raise IotctlError("topics", f"{name}: {why}", "correct it; iotctl topics list shows what there is")


async def _states(bootstrap: str, wanted: str | None) -> list[TopicState]:
    async with _admin(bootstrap) as admin:
        names = sorted(name for name in await admin.list_topics() if not name.startswith("__"))
        if wanted is not None and wanted not in names:
            known = ", ".join(names) or "none yet"
            raise IotctlError("topics", f"there is no topic {wanted!r}", f"choose one of: {known}")
        chosen = names if wanted is None else [wanted]
        described = {topic["topic"]: topic for topic in await admin.describe_topics(chosen)} if chosen else {}
        places = [TopicPartition(name, part["partition"]) for name in chosen for part in described[name]["partitions"]]
        beginnings, ends = await _offsets(bootstrap, places)
        return [
            TopicState(
                name,
                tuple(
                    PartitionState(
                        part["partition"],
                        part["leader"],
                        tuple(part["replicas"]),
                        beginnings[TopicPartition(name, part["partition"])],
                        ends[TopicPartition(name, part["partition"])],
                    )
                    for part in sorted(described[name]["partitions"], key=lambda part: int(part["partition"]))
                ),
                await _settings(admin, name),
            )
            for name in chosen
        ]


async def _offsets(bootstrap: str, places: list[TopicPartition]) -> tuple[dict[Any, int], dict[Any, int]]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, request_timeout_ms=CONNECT_MS)
    await consumer.start()
    try:
        return await consumer.beginning_offsets(places), await consumer.end_offsets(places)
    finally:
        await consumer.stop()


async def _settings(admin: AIOKafkaAdminClient, name: str) -> dict[str, str]:
    [response] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
    [(*_, entries)] = response.resources
    # Source 1 is the topic's own setting; the rest are the broker's.
    return {setting: value for setting, value, _, source, *_ in entries if source == 1}
