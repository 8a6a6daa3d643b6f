"""Follows `iot-rules` and `iot-sensor-registry`."""

from aiokafka import TopicPartition

from iot_contracts.topics import IOT_RULES, IOT_SENSOR_REGISTRY
from service_kit.kafka import KafkaConnection
from service_kit.kafka_topics import Poll, follow_topics
from stream_processor.alerting.rule_log import RuleLog, RuleMessage

WAIT_MS = 5000
"""How long the broker holds an empty fetch; it answers at once when a message arrives."""
REQUEST_TIMEOUT_MS = 10_000
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
        await follow_topics(
            self._bootstrap_servers,
            _PARTITIONS,
            self._add,
            client_id="stream-processor-rules",
            wait_ms=WAIT_MS,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
        )

    def _add(self, poll: Poll) -> None:
        # After a new connection all messages come again: one twice says the same.
        self._log.extend(RuleMessage(record.topic, record.offset, record.value) for record in poll.records)
        if poll.whole:
            self._log.note({partition.topic: offset for partition, offset in poll.positions.items()})
            self._kafka.connected()
