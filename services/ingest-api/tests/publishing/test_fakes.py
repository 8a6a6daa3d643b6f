"""What the fake producer of the other tests and the real one both do; the real one's sending is replaced, see
`test_producer.InMemoryProducer`. `tests/integration/test_ingest.py` and `test_backpressure.py` hold it to the same
with a broker, `test_api_keys.py` the consumer of keys.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

import msgspec
import pytest

from ingest_api.errors import KafkaUnavailableError
from ingest_api.metrics import Metrics
from ingest_api.publishing.producer import Connection
from ingest_api.publishing.producer_supervisor import ProducerSupervisor
from iot_contracts.readings import Reading
from service_kit.tasks import BackgroundTasks

from .test_producer import InMemoryProducer, config, reading


class Kafka(NamedTuple):
    """A producer, what Kafka has of it, and how Kafka fails."""

    producer: ProducerSupervisor
    stored: Callable[[], list[Reading]]
    fail: Callable[[], None]


@pytest.fixture(params=["fake", "real"])
async def kafka(request: pytest.FixtureRequest, producer: Any, metrics: Metrics) -> AsyncIterator[Kafka]:
    if request.param == "fake":
        yield Kafka(producer, lambda: producer.written, lambda: setattr(producer, "lost_after_acceptance", True))
        return
    sending = InMemoryProducer()

    async def connect() -> Connection:
        return Connection(sending, "iot-sensors", [0], config(), metrics)

    async with AsyncExitStack() as stack:
        stack.push_async_callback(sending.stop)
        supervisor = await connected(stack, connect)
        yield Kafka(
            supervisor,
            lambda: [msgspec.json.decode(value, type=Reading) for _, _, value in sending.records],
            lambda: setattr(sending, "error", RuntimeError("OutOfOrderSequenceNumber")),
        )


async def connected(stack: AsyncExitStack, connect: Callable[[], Any]) -> ProducerSupervisor:
    supervisor = ProducerSupervisor(connect, bootstrap_servers="b:1", reconnect_interval_s=60, probe_interval_s=60)
    tasks = await stack.enter_async_context(BackgroundTasks())
    tasks.start(supervisor.run(), "publish readings")
    await supervisor.attempted()
    return supervisor


async def test_acknowledged_readings_are_stored_in_their_order(kafka: Kafka, a_reading: dict[str, Any]) -> None:
    readings = [reading(number, "SENSOR_001", a_reading) for number in range(3)]
    kafka.producer.require_available()
    await kafka.producer.write(readings[:2])
    await kafka.producer.write(readings[2:])
    assert kafka.stored() == readings
    assert await kafka.producer.missing() is None


async def test_readings_that_kafka_does_not_acknowledge_are_an_error(kafka: Kafka, a_reading: dict[str, Any]) -> None:
    kafka.fail()
    with pytest.raises(KafkaUnavailableError, match="same reading_ids"):
        await kafka.producer.write([reading(1, "SENSOR_001", a_reading)])
    assert kafka.stored() == []


@pytest.mark.parametrize("kind", ["fake", "real"])
async def test_an_unavailable_kafka_refuses_at_once_and_says_why(kind: str, producer: Any) -> None:
    async def refuse() -> Connection:
        raise ConnectionError("no route")

    async with AsyncExitStack() as stack:
        if kind == "real":
            producer = await connected(stack, refuse)
        else:
            producer.away = "no route"
        assert "no route" in await producer.missing()
        with pytest.raises(KafkaUnavailableError, match="no route"):
            producer.require_available()
        with pytest.raises(KafkaUnavailableError, match="no route"):
            await producer.write([])
