"""Keeps a copy of the API keys on topic `iot-api-keys`."""

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from iot_contracts.topics import Topic
from service_kit.access.api_keys import ApiKeys
from service_kit.kafka import KafkaConnection, check_progress, started
from service_kit.logging import get_logger
from service_kit.progress import Progress

FETCH_MAX_WAIT_MS = 500
"""How long the broker holds an empty fetch; it answers at once when a key arrives."""
REQUEST_TIMEOUT_MS = 1500
IDLE_CHECK_MS = 500
"""After this time without a message the broker is asked for the topic's end, to check the connection."""

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
        client = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap_servers,
            client_id=self._client_id,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=FETCH_MAX_WAIT_MS,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
        )
        progress = Progress()
        async with started(client) as consumer:
            partitions = [TopicPartition(self._topic.name, number) for number in range(self._topic.partitions)]
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            self.keys = await _all_keys(consumer, partitions, progress)
            self._kafka.connected()
            _log.info("api keys read", keys=len(self.keys))
            while True:
                await _poll(consumer, partitions, self.keys, progress)


async def _all_keys(consumer: AIOKafkaConsumer, partitions: list[TopicPartition], progress: Progress) -> ApiKeys:
    keys = ApiKeys()
    ends = await consumer.end_offsets(partitions)
    for partition in partitions:
        while await consumer.position(partition) < ends[partition]:
            await _poll(consumer, partitions, keys, progress)
    return keys


async def _poll(
    consumer: AIOKafkaConsumer, partitions: list[TopicPartition], keys: ApiKeys, progress: Progress
) -> None:
    """Apply new messages. Without any, ask the broker for the topic's end, and raise what that raises.

    Raises TimeoutError when there are messages that do not arrive: one may revoke a key.
    """
    batches = await consumer.getmany(timeout_ms=IDLE_CHECK_MS)
    _update(keys, batches)
    if batches:
        return
    if standstill := await check_progress(consumer, partitions, progress, REQUEST_TIMEOUT_MS / 1000):
        raise TimeoutError(standstill)


def _update(keys: ApiKeys, batches: dict[TopicPartition, list[ConsumerRecord]]) -> None:
    for batch in batches.values():
        for record in batch:
            key_id = (record.key or b"").decode(errors="replace")
            problem = keys.update(key_id, record.value)
            if problem is not None:
                _log.error("message is not an API key", key_id=key_id, offset=record.offset, error=problem)
