"""Keeps a copy of the API keys on topic `iot-api-keys`."""

from collections.abc import Sequence

from aiokafka import ConsumerRecord, TopicPartition

from iot_contracts.topics import Topic
from service_kit.access.api_keys import ApiKeys
from service_kit.kafka import KafkaConnection
from service_kit.kafka_topics import Poll, follow_topics
from service_kit.logging import get_logger

WAIT_MS = 500
"""How long the broker holds an empty fetch, and after how long without a key the connection is checked."""
REQUEST_TIMEOUT_MS = 1500

_log = get_logger(__name__)


class ApiKeyConsumer:
    """Reads the whole topic at each connection, and then new messages.

    While Kafka is unavailable a key may have been revoked unnoticed, so no key counts as valid.
    """

    def __init__(self, topic: Topic, bootstrap_servers: str, *, client_id: str, reconnect_interval_s: float) -> None:
        self.keys = ApiKeys()
        self._topic = topic
        self._bootstrap_servers = bootstrap_servers
        self._client_id = client_id
        self._kafka = KafkaConnection(
            bootstrap_servers,
            activity="reading API keys",
            consequence="requests are refused with 503 until the API keys are read",
            topics=(topic.name,),
            reconnect_interval_s=reconnect_interval_s,
            describe=lambda error: f"Cannot read the API keys from Kafka ({bootstrap_servers}): {error!r}",
        )
        self.missing = self._kafka.missing
        self.attempted = self._kafka.attempted

    async def run(self) -> None:
        """Read the keys, and read them anew after each loss of the connection, until cancelled."""
        await self._kafka.run(self._read)

    def unavailable_reason(self) -> str | None:
        """Why the keys are not available, or None when they are."""
        return self._kafka.reason

    async def _read(self) -> None:
        keys = ApiKeys()

        def update(poll: Poll) -> None:
            _update(keys, poll.records)
            if poll.whole and self.keys is not keys:
                self.keys = keys
                self._kafka.connected()
                _log.info("api keys read", keys=len(keys))

        await follow_topics(
            self._bootstrap_servers,
            [TopicPartition(self._topic.name, number) for number in range(self._topic.partitions)],
            update,
            client_id=self._client_id,
            wait_ms=WAIT_MS,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
        )


def _update(keys: ApiKeys, records: Sequence[ConsumerRecord]) -> None:
    for record in records:
        key_id = (record.key or b"").decode(errors="replace")
        problem = keys.update(key_id, record.value)
        if problem is not None:
            _log.error("message is not an API key", key_id=key_id, offset=record.offset, error=problem)
