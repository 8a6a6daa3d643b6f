"""Makes the Kafka topics of the registry in contracts/, and changes their settings when the registry changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, for_code

from iot_contracts.topics import TOPICS, Topic
from stack.errors import IotctlError


def ensure_topics(bootstrap_servers: str, topics: Iterable[Topic] = TOPICS) -> list[str]:
    """Make what is missing, align the settings of what is there; return the names of the topics made."""
    return asyncio.run(_ensure(bootstrap_servers, tuple(topics)))


async def _ensure(bootstrap_servers: str, topics: tuple[Topic, ...]) -> list[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        missing = [topic for topic in topics if topic.name not in existing]
        if missing:
            await _create(admin, missing)
        present = [topic for topic in topics if topic.name in existing]
        if present:
            await admin.alter_configs(
                [ConfigResource(ConfigResourceType.TOPIC, topic.name, configs=topic.config()) for topic in present]
            )
    finally:
        await admin.close()
    return [topic.name for topic in missing]


async def _create(admin: AIOKafkaAdminClient, topics: list[Topic]) -> None:
    response = await admin.create_topics(
        [NewTopic(topic.name, topic.partitions, replication_factor=1, topic_configs=topic.config()) for topic in topics]
    )
    for name, code, *_ in response.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise IotctlError("kafka", f"topic {name}: {error.__name__}", "make logs SERVICE=kafka")
