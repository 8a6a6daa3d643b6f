"""Against the Kafka client's own batch builder, with a sender that keeps the batches."""

import asyncio
from uuid import UUID

import msgspec
import pytest
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from ingest_api.errors import KafkaUnavailableError
from ingest_api.metrics import Metrics
from ingest_api.readings.producer import Connection
from ingest_api.settings import Settings
from iot_contracts.readings import Reading


class Producer:
    """Keeps what is sent; has the part of AIOKafkaProducer's surface that writing needs."""

    def __init__(self) -> None:
        self.records: list[tuple[int, bytes, bytes]] = []
        self.batches = 0
        self.error: Exception | None = None

    async def send_batch(self, batch: BatchBuilder, topic: str, *, partition: int) -> "asyncio.Future[None]":
        assert topic == "iot-sensors"
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.error is None:
            buffer = MemoryRecords(bytes(batch._build()))
            self.batches += 1
            self.records += [(partition, record.key, record.value) for record in buffer.next_batch()]
            future.set_result(None)
        else:
            future.set_exception(self.error)
        return future


def reading(number: int, sensor_id: str, a_reading: dict) -> Reading:
    return msgspec.convert(a_reading | {"reading_id": str(UUID(int=number)), "sensor_id": sensor_id}, Reading)


async def test_readings_go_where_every_kafka_client_would_send_them(a_reading: dict, metrics: Metrics) -> None:
    producer = Producer()
    connection = Connection(producer, "iot-sensors", [0, 1, 2], Settings(), metrics)
    # murmur2 values from the tests of Kafka's Java client.
    expected = {"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536}
    await connection.write([reading(n, sensor_id, a_reading) for n, sensor_id in enumerate(expected)])
    assert {key.decode(): partition for partition, key, _ in producer.records} == {
        sensor_id: (murmur2 & 0x7FFFFFFF) % 3 for sensor_id, murmur2 in expected.items()
    }


async def test_a_sensor_s_readings_keep_their_order_over_many_batches(a_reading: dict, metrics: Metrics) -> None:
    producer = Producer()
    connection = Connection(producer, "iot-sensors", [0, 1, 2], Settings(max_kafka_batch_bytes=16_384), metrics)
    sent = [reading(n, f"SENSOR_{n % 5}", a_reading) for n in range(500)]
    await connection.write(sent)
    assert producer.batches > 3
    stored = [msgspec.json.decode(value, type=Reading) for _, _, value in producer.records]
    assert len(stored) == len(sent)
    for sensor_id in {item.sensor_id for item in sent}:
        assert [item for item in stored if item.sensor_id == sensor_id] == [
            item for item in sent if item.sensor_id == sensor_id
        ]


async def test_a_fatal_error_of_the_producer_loses_the_connection(a_reading: dict, metrics: Metrics) -> None:
    producer = Producer()
    connection = Connection(producer, "iot-sensors", [0], Settings(), metrics)
    producer.error = RuntimeError("OutOfOrderSequenceNumber")
    with pytest.raises(KafkaUnavailableError, match="OutOfOrderSequenceNumber"):
        await connection.write([reading(1, "A", a_reading)])
    assert "OutOfOrderSequenceNumber" in await connection.lost
