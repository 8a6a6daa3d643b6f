"""ingest-api: what is answered 202 is in Kafka, and nothing else is answered 202."""

from uuid import UUID

import msgspec
import pytest
from httpx import AsyncClient

from iot_contracts.readings import Reading
from iot_contracts.topics import IOT_SENSORS
from service_kit.testing import wait_until
from support.readings import a_reading, a_sensor
from support.stack import Stack
from support.topic_watch import watch


async def test_an_accepted_batch_is_in_kafka_in_its_order(stack: Stack, http: AsyncClient) -> None:
    sensor_id = a_sensor("ordered")
    sent = [a_reading(sensor_id, value=float(number)) for number in range(50)]
    async with watch(stack.kafka, IOT_SENSORS) as topic:
        answer = await http.post(f"{stack.url('ingest-api')}/v1/readings", json=sent)
        result = answer.json()
        position = result.pop("position")
        assert (answer.status_code, result) == (202, {"accepted": 50, "rejected": 0, "errors": []})
        await topic.first(Reading, lambda reading: reading.reading_id == UUID(sent[-1]["reading_id"]), deadline_s=10)
        ours = [
            (reading, f"{record.partition}:{record.offset + 1}")
            for record in topic.records
            if (reading := msgspec.json.decode(record.value or b"", type=Reading)).sensor_id == sensor_id
        ]
    assert ours[-1][1] == position
    assert [str(reading.reading_id) for reading, _ in ours] == [reading["reading_id"] for reading in sent]


async def test_a_reading_without_an_id_gets_one(stack: Stack, http: AsyncClient) -> None:
    reading = a_reading(a_sensor("anonymous"))
    del reading["reading_id"]
    async with watch(stack.kafka, IOT_SENSORS) as topic:
        answer = await http.post(f"{stack.url('ingest-api')}/v1/readings", json=reading)
        assert answer.status_code == 202
        stored = await topic.first(Reading, lambda message: message.sensor_id == reading["sensor_id"], deadline_s=10)
    assert stored.reading_id.version == 7


@pytest.mark.timeout(180)
async def test_without_kafka_nothing_is_accepted_until_it_is_back(stack: Stack, http: AsyncClient) -> None:
    url = f"{stack.url('ingest-api')}/v1/readings"
    reading = a_reading(a_sensor("patient"))
    stack.make("stop", SERVICE="kafka")
    try:
        answer = await http.post(url, json=reading, timeout=10)
        assert answer.status_code == 503
        assert "retry-after" in answer.headers

        async def unready() -> bool:
            return "kafka" in (await http.get(f"{stack.url('ingest-api')}/readyz")).json()["missing"]

        await wait_until(unready, deadline_s=10, otherwise="readiness does not name kafka")
    finally:
        stack.make("start", SERVICE="kafka")

    async def accepted() -> bool:
        return (await http.post(url, json=reading, timeout=10)).status_code == 202

    await wait_until(accepted, deadline_s=30, otherwise="readings are refused although Kafka is back")
