"""Reads the four topics from Kafka, decodes the messages and publishes them to the hub."""

import time
from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord

from dashboard.live.hub import Hub
from dashboard.metrics import Metrics
from dashboard.settings import Settings
from iot_contracts.alerts import AlertTransition
from iot_contracts.anomalies import Anomaly
from iot_contracts.topics import IOT_ALERTS, IOT_ANOMALIES, IOT_SENSORS, IOT_WINDOW_STATS
from iot_contracts.window_stats import WindowStats
from iot_domain.decoding import MessageDecoder, Refusal, decode_reading
from service_kit.kafka import KafkaConnection, check_progress, started
from service_kit.logging import get_logger
from service_kit.progress import Progress

TOPICS = (IOT_SENSORS.name, IOT_ALERTS.name, IOT_ANOMALIES.name, IOT_WINDOW_STATS.name)
OPEN_ALERTS_LOOKBACK_S = 7 * 86_400
"""Alerts are read from so long ago, the topic's retention, at most `lookback_max_records`: an open one may be old."""
FETCH_MAX_WAIT_MS = 1000
"""How long the broker holds an empty fetch; with `min_bytes=1` it answers at once when there is data."""
IDLE_CHECK_MS = 10_000
"""How often the broker is asked for its end offsets: does it answer, and do messages wait that never arrive?"""
REQUEST_TIMEOUT_MS = 10_000
MAX_RECORDS_PER_POLL = 500

M = TypeVar("M", bound=msgspec.Struct)
Batches = dict[TopicPartition, list[ConsumerRecord]]
_log = get_logger(__name__)


class LiveConsumer:
    """Reads all partitions until cancelled, without a consumer group; reconnects when Kafka was away."""

    def __init__(self, hub: Hub, settings: Settings, metrics: Metrics) -> None:
        self._hub = hub
        self._settings = settings
        self._metrics = metrics
        self._kafka = KafkaConnection(
            settings.kafka_bootstrap_servers,
            activity="reading from Kafka",
            consequence="the page gets no live values until the connection is back; retrying",
            topics=TOPICS,
            reconnect_interval_s=settings.kafka_retry_interval_ms / 1000,
        )
        self._positions: dict[TopicPartition, int] = {}
        self._ends: dict[TopicPartition, int] = {}
        self._progress = Progress()
        self._standstill: str | None = None
        self._alerts = MessageDecoder(AlertTransition)
        self._anomalies = MessageDecoder(Anomaly)
        self._windows = MessageDecoder(WindowStats)

    async def missing(self) -> str | None:
        """Why nothing comes from Kafka, or None while it is connected."""
        return await self._kafka.missing() or self._standstill

    def positions(self) -> dict[int, int]:
        """Per partition of iot-sensors, the next offset to be read."""
        return {one.partition: position for one, position in self._positions.items() if one.topic == IOT_SENSORS.name}

    def ends(self) -> dict[int, int]:
        """Per partition of iot-sensors, the offset after the newest message, as of the last message that came."""
        return {one.partition: end for one, end in self._ends.items() if one.topic == IOT_SENSORS.name}

    async def run(self) -> None:
        """Connect, read, and start over after a pause when Kafka fails; ends by cancellation only."""
        await self._kafka.run(self._read)

    async def _read(self) -> None:
        consumer: AIOKafkaConsumer = AIOKafkaConsumer(
            *TOPICS,
            bootstrap_servers=self._settings.kafka_bootstrap_servers,
            client_id="dashboard",
            enable_auto_commit=False,
            auto_offset_reset="latest",
            fetch_max_wait_ms=FETCH_MAX_WAIT_MS,
            consumer_timeout_ms=FETCH_MAX_WAIT_MS,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
        )
        async with started(consumer):
            await self._seek_to_start(consumer)
            self._kafka.connected()
            checked = time.monotonic()
            while True:
                batches: Batches = await consumer.getmany(timeout_ms=IDLE_CHECK_MS, max_records=MAX_RECORDS_PER_POLL)
                if batches:
                    self._kafka.connected()
                    self._note_ends(consumer, batches)
                    self._publish(batches)
                    self._skip_ahead(consumer, batches)
                if time.monotonic() - checked >= IDLE_CHECK_MS / 1000:
                    await self._check_broker(consumer)
                    checked = time.monotonic()

    async def _check_broker(self, consumer: AIOKafkaConsumer) -> None:
        """Silence may mean that the broker is away; the consumer reconnects by itself and continues."""
        try:
            standstill = await check_progress(
                consumer, consumer.assignment(), self._progress, REQUEST_TIMEOUT_MS / 1000
            )
        except (KafkaError, TimeoutError) as error:
            self._kafka.lost(error)
            return
        self._kafka.connected()
        self._standstill = standstill and f"{standstill}; the page does not get them"

    async def _seek_to_start(self, consumer: AIOKafkaConsumer) -> None:
        """Seek to where reading stopped, at first to `lookback_s` ago; never far behind the end."""
        partitions = list(consumer.assignment())
        now = time.time()
        lookback_s = {IOT_ALERTS.name: OPEN_ALERTS_LOOKBACK_S}
        ends = await consumer.end_offsets(partitions)
        by_time = await consumer.offsets_for_times(
            {one: int((now - lookback_s.get(one.topic, self._settings.lookback_s)) * 1000) for one in partitions}
        )
        self._ends.update(ends)
        for partition, end in ends.items():
            found = by_time[partition]
            since = found.offset if found is not None else end
            known = self._positions.get(partition)
            position = start_offset(since, end, known, self._settings.lookback_max_records)
            if known is not None and position > known:
                self._hub.publish_gap(partition.topic, position - known)
            consumer.seek(partition, position)
            self._positions[partition] = position

    def _note_ends(self, consumer: AIOKafkaConsumer, partitions: Iterable[TopicPartition]) -> None:
        """The broker tells the ends with each fetch: knowing them costs no question."""
        for partition in partitions:
            end = consumer.highwater(partition)
            if end is not None:
                self._ends[partition] = end

    def _publish(self, batches: Batches) -> None:
        for partition, records in batches.items():
            self._positions[partition] = records[-1].offset + 1
        self._hub.publish_readings(self._decoded(batches, IOT_SENSORS.name, decode_reading))
        self._hub.publish_alerts(self._decoded(batches, IOT_ALERTS.name, self._alerts.decode))
        self._hub.publish_anomalies(self._decoded(batches, IOT_ANOMALIES.name, self._anomalies.decode))
        self._hub.publish_windows(self._decoded(batches, IOT_WINDOW_STATS.name, self._windows.decode))

    def _decoded(self, batches: Batches, topic: str, decode: Callable[[bytes | None], M | Refusal]) -> list[M]:
        """The messages of `topic` that match the contract; the clients are sent the number of the others."""
        payloads = [
            record.value for partition, records in batches.items() if partition.topic == topic for record in records
        ]
        messages = decode_messages(payloads, decode, topic, self._metrics) if payloads else []
        if len(messages) < len(payloads):
            self._hub.publish_left_out(topic, len(payloads) - len(messages))
        return messages

    def _skip_ahead(self, consumer: AIOKafkaConsumer, partitions: Iterable[TopicPartition]) -> None:
        """A live page must not be minutes behind: skip to the newest readings and publish how many were skipped."""
        skipped = 0
        for partition in partitions:
            end = consumer.highwater(partition)
            position = self._positions[partition]
            if partition.topic != IOT_SENSORS.name or end is None:
                continue
            target = start_offset(position, end, None, self._settings.lookback_max_records)
            if target > position:
                consumer.seek(partition, target)
                self._positions[partition] = target
                skipped += target - position
        if skipped:
            self._hub.publish_gap(IOT_SENSORS.name, skipped)


def start_offset(since: int, end: int, known: int | None, max_records: int) -> int:
    """The offset to read from: `known` if there is one in range, else `since`; at most `max_records` back."""
    position = known if known is not None and known <= end else since
    return max(position, end - max_records)


def decode_messages(
    payloads: list[bytes | None], decode: Callable[[bytes | None], M | Refusal], topic: str, metrics: Metrics
) -> list[M]:
    """The messages that match the contract; the others are counted, logged and skipped."""
    messages: list[M] = []
    refused: list[Refusal] = []
    for payload in payloads:
        message = decode(payload)
        if isinstance(message, Refusal):
            refused.append(message)
        else:
            messages.append(message)
    metrics.consumed.labels(topic).inc(len(messages))
    if refused:
        metrics.refused.labels(topic).inc(len(refused))
        _log.warning("messages refused", topic=topic, count=len(refused), first=refused[0].detail)
    return messages
