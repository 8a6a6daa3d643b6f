"""Follows `iot-rules` and `iot-sensor-registry`."""

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition

from iot_contracts.topics import IOT_RULES, IOT_SENSOR_REGISTRY
from service_kit.kafka import KafkaConnection, check_progress, started
from service_kit.progress import Progress
from stream_processor.alerting.rule_log import RuleLog, RuleMessage

FETCH_MAX_WAIT_MS = 5000
"""How long the broker holds an empty fetch; it answers at once when a message arrives."""
REQUEST_TIMEOUT_MS = 10_000
FIRST_READING_S = 60
RECONNECT_INTERVAL_S = 1.0
_PARTITIONS = (TopicPartition(IOT_RULES.name, 0), TopicPartition(IOT_SENSOR_REGISTRY.name, 0))


class RuleConsumer:
    """Fills a RuleLog, from the beginning and then as messages arrive."""

    def __init__(self, bootstrap_servers: str, log: RuleLog) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._log = log
        self._kafka = KafkaConnection(
            bootstrap_servers,
            activity="reading alert rules",
            consequence="alerts are judged by the rules read before; without any, readings wait in Kafka",
            topics=[partition.topic for partition in _PARTITIONS],
            reconnect_interval_s=RECONNECT_INTERVAL_S,
        )
        self.missing = self._kafka.missing

    async def run(self) -> None:
        """Follow the topics until cancelled."""
        await self._kafka.run(self._follow)

    async def _follow(self) -> None:
        client = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap_servers,
            client_id="stream-processor-rules",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=FETCH_MAX_WAIT_MS,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
        )
        progress = Progress()
        async with started(client) as consumer:
            consumer.assign(_PARTITIONS)
            await consumer.seek_to_beginning(*_PARTITIONS)  # a message twice says the same
            ends = await consumer.end_offsets(_PARTITIONS)
            async with asyncio.timeout(FIRST_READING_S):
                while any([await consumer.position(partition) < ends[partition] for partition in _PARTITIONS]):
                    await self._take(consumer)
            while True:
                self._log.note({partition.topic: await consumer.position(partition) for partition in _PARTITIONS})
                self._kafka.connected()
                if not await self._take(consumer) and (
                    standstill := await check_progress(consumer, _PARTITIONS, progress, REQUEST_TIMEOUT_MS / 1000)
                ):
                    raise TimeoutError(standstill)

    async def _take(self, consumer: AIOKafkaConsumer) -> bool:
        batches = await consumer.getmany(timeout_ms=FETCH_MAX_WAIT_MS)
        self._log.extend(
            RuleMessage(record.topic, record.offset, record.value) for batch in batches.values() for record in batch
        )
        return bool(batches)
