"""What the producer does while there is no broker; with one it is tested in tests/integration."""

import asyncio
import socket

import pytest

from iot_contracts.topics import IOT_COMMITS
from service_kit.tasks import BackgroundTasks
from service_kit.testing import wait_until
from stream_processor.publishing.producer import KafkaProducer, Message
from stream_processor.settings import Settings

MESSAGE = Message(IOT_COMMITS.name, b"iot.readings", b"{}")


@pytest.fixture
def nobody() -> str:
    """An address at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{taken.getsockname()[1]}"


def test_a_producer_that_does_not_run_yet_says_so() -> None:
    with pytest.raises(TimeoutError, match="not connected"):
        KafkaProducer(Settings()).send([MESSAGE])


async def test_it_opens_without_a_broker_and_names_the_address_when_it_is_to_send(nobody: str) -> None:
    producer = KafkaProducer(Settings(kafka_bootstrap_servers=nobody))
    async with BackgroundTasks() as tasks:
        tasks.start(producer.run(), "publish")
        await wait_until(lambda: nobody in str(producer.reason), deadline_s=10, otherwise="it does not try")
        with pytest.raises(TimeoutError, match=f"no Kafka broker answers at {nobody}"):
            await asyncio.to_thread(producer.send, [MESSAGE])
