"""What `DURABILITY` makes of the broker, and what `make up` makes of a topic whose registry entry has changed."""

import asyncio
from collections.abc import Iterator

import msgspec
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from components.topics import ensure_topics
from iot_contracts.topics import IOT_SENSORS
from service_kit.testing import wait_until
from support.kafka_broker import KafkaBroker, kafka_broker

pytestmark = pytest.mark.timeout(120)
NEVER = str(2**63 - 1)


async def topic_config(broker: KafkaBroker, topic: str) -> dict[str, str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    try:
        (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
        ((_error, _message, _type, _name, entries),) = answer.resources
        return {entry[0]: entry[1] for entry in entries}
    finally:
        await admin.close()


@pytest.fixture(params=["fsync", "os"])
def durable_broker(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[KafkaBroker]:
    monkeypatch.setenv("DURABILITY", request.param)
    with kafka_broker() as broker:
        yield broker


async def test_a_broker_flushes_each_append_with_fsync_and_none_without(
    durable_broker: KafkaBroker, request: pytest.FixtureRequest
) -> None:
    await asyncio.to_thread(ensure_topics, durable_broker.bootstrap)
    flushed_after = (await topic_config(durable_broker, IOT_SENSORS.name))["flush.messages"]
    assert flushed_after == {"fsync": "1", "os": NEVER}[request.node.callspec.params["durable_broker"]]


async def test_a_topic_that_was_bound_in_bytes_is_bound_by_time_alone_from_the_next_start_on(
    broker: KafkaBroker,
) -> None:
    topic = "bound-in-bytes"
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, 1, 1, topic_configs={"retention.bytes": "1000000"})])
    finally:
        await admin.close()

    async def config() -> dict[str, str]:
        return await topic_config(broker, topic)

    # The broker says that a topic is made a moment before it knows it.
    before = await wait_until(config, deadline_s=30, otherwise="the topic was not made")
    assert before["retention.bytes"] == "1000000"
    changed = msgspec.structs.replace(IOT_SENSORS, name=topic)
    await asyncio.to_thread(ensure_topics, broker.bootstrap, [changed])

    async def follows_the_registry() -> bool:
        now = await config()
        return (now["retention.bytes"], now["retention.ms"]) == ("-1", str(7 * 86_400_000))

    await wait_until(follows_the_registry, deadline_s=30, otherwise="the topic keeps its bound")
