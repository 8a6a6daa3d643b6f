"""Where reading starts, what is refused, and that nothing ends it but its own cancellation."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import msgspec
import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaConnectionError, UnknownTopicOrPartitionError
from prometheus_client import CollectorRegistry

from dashboard.live.consumer import LiveConsumer, decode_messages, start_offset
from dashboard.live.hub import Hub
from dashboard.live.state import LiveState
from dashboard.metrics import Metrics
from dashboard.settings import Settings
from dashboard.stream.fanout import Fanout
from iot_contracts.alerts import AlertTransition
from iot_contracts.live_frames import LeftOutFrame, LiveFrame, ReadingsFrame, SnapshotFrame
from iot_contracts.readings import Reading
from iot_contracts.stream_frames import Gap
from iot_contracts.stream_requests import StreamTopic, Subscribe
from iot_contracts.window_stats import WindowStats
from iot_domain.decoding import MessageDecoder
from service_kit.testing import wait_until

POISON = [b"[" * 5000 + b"]" * 5000, b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", b'{"message":"\xff"}']
EXAMPLES = Path(__file__).resolve().parents[4] / "contracts" / "examples"


@pytest.mark.parametrize(
    ("since", "end", "known", "expected"),
    [
        (90, 100, None, 90),
        (100, 100, None, 100),
        (0, 100_000, None, 95_000),
        (90, 100, 97, 97),
        (90, 100, 12, 12),
        (0, 100_000, 3, 95_000),
        (5, 10, 4000, 5),
    ],
    ids=[
        "from the time that is asked for",
        "nothing newer: from the end",
        "never more than so many back",
        "goes on where it was",
        "goes on where it was, though that is longer ago",
        "far behind: skips ahead",
        "the topic was made anew",
    ],
)
def test_where_reading_starts(since: int, end: int, known: int | None, expected: int) -> None:
    assert start_offset(since, end, known, 5000) == expected


@pytest.mark.parametrize(
    ("topic", "message_type"),
    [("iot-sensors", Reading), ("iot-alerts", AlertTransition), ("iot-window-stats", WindowStats)],
)
def test_messages_that_break_the_contract_are_counted_and_skipped(
    topic: str, message_type: type[msgspec.Struct]
) -> None:
    valid = [path.read_bytes() for path in sorted((EXAMPLES / topic / "valid").iterdir())]
    invalid = [path.read_bytes() for path in sorted((EXAMPLES / topic / "invalid").iterdir())]
    registry = CollectorRegistry()
    payloads = [*invalid, None, b"", b"not json", b"\xff", *POISON, *valid]
    messages = decode_messages(payloads, MessageDecoder(message_type).decode, topic, Metrics(registry))
    assert len(messages) == len(valid) > 0
    refused = registry.get_sample_value("dashboard_refused_messages_total", {"topic": topic})
    assert refused == len(payloads) - len(valid)


@pytest.fixture
def hub_and_fanout() -> tuple[Hub, Fanout]:
    state = LiveState(max_sensors=9, snapshot_readings=9, snapshot_alerts=9, remembered_ids=9)
    metrics = Metrics(CollectorRegistry())
    fanout = Fanout(state, Settings(), metrics)
    hub = Hub(state, metrics, fanout, max_connections=1, max_pending_readings=9, max_keys=9, send_timeout_s=1)
    return hub, fanout


async def test_a_message_that_cannot_be_read_takes_no_neighbour_with_it_and_the_clients_are_told(
    reading: Callable[..., Reading], hub_and_fanout: tuple[Hub, Fanout]
) -> None:
    hub, _ = hub_and_fanout
    metrics = Metrics(CollectorRegistry())
    first, second = msgspec.json.encode(reading(1)), msgspec.json.encode(reading(2))
    records = {TopicPartition("iot-sensors", 0): [first, *POISON, second], TopicPartition("iot-alerts", 0): [b"{"]}
    sent: list[LiveFrame] = []

    async def send(text: str) -> None:
        sent.append(msgspec.json.decode(text, type=LiveFrame))

    with hub.connection(send) as connection:
        LiveConsumer(hub, Settings(), metrics)._publish({source: a_poll(values) for source, values in records.items()})
        writing = asyncio.create_task(connection.write())
        await wait_until(lambda: len(sent) == 4, deadline_s=2, otherwise="not all frames were sent")
        writing.cancel()
    assert isinstance(sent[0], SnapshotFrame)
    readings = ReadingsFrame(readings=[reading(1), reading(2)])
    assert sent[1:] == [LeftOutFrame(messages=3), readings, LeftOutFrame(messages=1)]


def a_poll(values: list[bytes]) -> list[ConsumerRecord[bytes, bytes]]:
    return [
        ConsumerRecord("", 0, offset, 0, 0, None, value, None, 0, len(value), ()) for offset, value in enumerate(values)
    ]


class Broker:
    """Answers what is asked at a start: one partition of alerts, whose end is far ahead."""

    def __init__(self, end: int) -> None:
        self.partition = TopicPartition("iot-alerts", 0)
        self.end = end
        self.position = 0

    def assignment(self) -> set[TopicPartition]:
        return {self.partition}

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, self.end)

    async def offsets_for_times(self, times: dict[TopicPartition, int]) -> dict[TopicPartition, None]:
        return dict.fromkeys(times)

    def seek(self, _: TopicPartition, position: int) -> None:
        self.position = position


async def test_what_a_reconnect_has_to_skip_is_told(hub_and_fanout: tuple[Hub, Fanout]) -> None:
    hub, fanout = hub_and_fanout
    consumer = LiveConsumer(hub, Settings(lookback_max_records=100), Metrics(CollectorRegistry()))
    with fanout.session() as session:
        fanout.subscribe(session, Subscribe(topic=StreamTopic.ALERTS, snapshot=False))
        session.outbox.pop()
        broker = Broker(end=40)
        await consumer._seek_to_start(broker)
        assert session.outbox.pop() is None
        broker.end = 240
        await consumer._seek_to_start(broker)
        gap = session.outbox.pop()
    assert broker.position == 140
    assert gap is not None
    expected = Gap(topic=StreamTopic.ALERTS, skipped=100, reason="service_behind")
    assert msgspec.json.decode(gap.text, type=Gap) == expected


class FailingConsumer(LiveConsumer):
    """Fails as told, then reads for ever."""

    def __init__(self, failures: list[BaseException]) -> None:
        state = LiveState(max_sensors=1, snapshot_readings=1, snapshot_alerts=1, remembered_ids=1)
        metrics = Metrics(CollectorRegistry())
        hub = Hub(
            state,
            metrics,
            Fanout(state, Settings(), metrics),
            max_connections=1,
            max_pending_readings=1,
            max_keys=1,
            send_timeout_s=1,
        )
        super().__init__(hub, Settings(kafka_retry_interval_ms=1), metrics)
        self.failures = failures
        self.reasons: list[str | None] = []

    async def _read(self) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.reasons.append(await self.missing())
        await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (KafkaConnectionError("away"), "no answer from Kafka at 127.0.0.1:9092"),
        (OSError("refused"), "no answer from Kafka"),
        (UnknownTopicOrPartitionError(), "lacks one of the topics iot-sensors"),
        (ValueError("a bug"), "reading from Kafka failed (ValueError: a bug)"),
        (asyncio.CancelledError(), "the connection to Kafka at 127.0.0.1:9092 broke"),
    ],
)
async def test_a_failure_is_named_and_reading_is_tried_again(failure: BaseException, reason: str) -> None:
    consumer = FailingConsumer([failure])
    running = asyncio.create_task(consumer.run())
    await wait_until(lambda: consumer.reasons, deadline_s=20, otherwise="reading was not tried again")
    assert reason in str(consumer.reasons[0])
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


class SilentConsumer:
    """Has the surface of AIOKafkaConsumer: brings nothing, and knows how far it has read and whether messages wait."""

    def __init__(self, end: int, at: int = 0) -> None:
        self.end = end
        self.at = at

    async def position(self, _: TopicPartition) -> int:
        return self.at

    def assignment(self) -> list[TopicPartition]:
        return [TopicPartition("iot-sensors", 0)]

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, self.end)


async def test_messages_that_wait_and_do_not_come_for_a_minute_make_it_not_ready(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    consumer, silent, now = FailingConsumer([]), SilentConsumer(end=7), [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    await consumer._check_broker(cast(AIOKafkaConsumer, silent))
    assert await consumer.missing() is None
    now[0] = 60.0
    await consumer._check_broker(cast(AIOKafkaConsumer, silent))
    assert "7 messages wait and no offset has moved for 60 s" in str(await consumer.missing())
    silent.end = 0
    await consumer._check_broker(cast(AIOKafkaConsumer, silent))
    assert await consumer.missing() is None


async def test_a_partition_that_ends_in_what_is_no_message_is_no_standstill(monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of a transaction has an offset, which the consumer passes over and hands to nobody."""
    consumer, passed_over, now = FailingConsumer([]), SilentConsumer(end=7, at=7), [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    for now[0] in (0.0, 60.0):
        await consumer._check_broker(cast(AIOKafkaConsumer, passed_over))
    assert await consumer.missing() is None
