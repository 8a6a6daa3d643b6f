"""Against the Kafka client's own batch builder, with a sender that keeps the batches."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.record.memory_records import MemoryRecords

from ingest_api.errors import KafkaUnavailableError
from ingest_api.metrics import Metrics
from ingest_api.publishing.aiokafka_internals import RecordBatch
from ingest_api.publishing.producer import Connection, ProducerConfig
from iot_contracts.readings import Reading


def config(max_batch_bytes: int = 512 * 1024) -> ProducerConfig:
    return ProducerConfig("127.0.0.1:9092", connect_timeout_s=1, ack_timeout_s=1, max_batch_bytes=max_batch_bytes)


class Acknowledged(NamedTuple):
    """What of aiokafka's RecordMetadata is read."""

    offset: int


class InMemoryProducer(AIOKafkaProducer):  # type: ignore[misc]  # aiokafka has no types
    """aiokafka's producer, not connected, that keeps the batches that it is to send."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[tuple[int, bytes, bytes]] = []
        self.batches = 0
        self.error: Exception | None = None

    async def send_batch(self, batch: RecordBatch, topic: str, *, partition: int) -> "asyncio.Future[Acknowledged]":
        assert topic == "iot-sensors"
        future: asyncio.Future[Acknowledged] = asyncio.get_running_loop().create_future()
        if self.error is None:
            buffer = MemoryRecords(bytes(batch._build()))
            self.batches += 1
            self.records += [(partition, record.key, record.value) for record in buffer.next_batch()]
            future.set_result(Acknowledged(len(self.records) - batch.record_count()))
        else:
            future.set_exception(self.error)
        return future


@pytest.fixture
async def sending() -> AsyncIterator[InMemoryProducer]:
    producer = InMemoryProducer()
    yield producer
    await producer.stop()


def reading(number: int, sensor_id: str, a_reading: dict[str, Any]) -> Reading:
    return msgspec.convert(a_reading | {"reading_id": str(UUID(int=number)), "sensor_id": sensor_id}, Reading)


async def test_readings_go_where_every_kafka_client_would_send_them(
    sending: InMemoryProducer, a_reading: dict[str, Any], metrics: Metrics
) -> None:
    connection = Connection(sending, "iot-sensors", [0, 1, 2], config(), metrics)
    # murmur2 values from the tests of Kafka's Java client.
    expected = {"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536}
    await connection.write([reading(n, sensor_id, a_reading) for n, sensor_id in enumerate(expected)])
    assert {key.decode(): partition for partition, key, _ in sending.records} == {
        sensor_id: (murmur2 & 0x7FFFFFFF) % 3 for sensor_id, murmur2 in expected.items()
    }


async def test_a_sensor_s_readings_keep_their_order_over_many_batches(
    sending: InMemoryProducer, a_reading: dict[str, Any], metrics: Metrics
) -> None:
    connection = Connection(sending, "iot-sensors", [0, 1, 2], config(max_batch_bytes=16_384), metrics)
    sent = [reading(n, f"SENSOR_{n % 5}", a_reading) for n in range(500)]
    await connection.write(sent)
    assert sending.batches > 3
    stored = [msgspec.json.decode(value, type=Reading) for _, _, value in sending.records]
    assert len(stored) == len(sent)
    for sensor_id in {item.sensor_id for item in sent}:
        assert [item for item in stored if item.sensor_id == sensor_id] == [
            item for item in sent if item.sensor_id == sensor_id
        ]


async def test_a_fatal_error_of_the_producer_loses_the_connection(
    sending: InMemoryProducer, a_reading: dict[str, Any], metrics: Metrics
) -> None:
    connection = Connection(sending, "iot-sensors", [0], config(), metrics)
    sending.error = RuntimeError("OutOfOrderSequenceNumber")
    with pytest.raises(KafkaUnavailableError, match="OutOfOrderSequenceNumber"):
        await connection.write([reading(1, "A", a_reading)])
    assert "OutOfOrderSequenceNumber" in await connection.lost


async def test_a_probe_that_no_broker_answers_loses_the_connection(sending: InMemoryProducer, metrics: Metrics) -> None:
    connection = Connection(sending, "iot-sensors", [0], config(), metrics)
    await connection.probe()
    assert "No Kafka broker answers" in await connection.lost


async def test_closing_a_lost_connection_fails_what_waits(
    sending: InMemoryProducer, a_reading: dict[str, Any], metrics: Metrics
) -> None:
    connection = Connection(sending, "iot-sensors", [0], config(), metrics)
    waiting = connection.write([reading(1, "A", a_reading)])
    connection.lost.set_result("gone")
    await connection.close()
    with pytest.raises(KafkaUnavailableError, match="gone"):
        await waiting
