import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from ingest_api.errors import KafkaUnavailableError
from ingest_api.publishing.producer_supervisor import ProducerSupervisor
from iot_contracts.readings import Reading
from iot_domain.position import Position
from service_kit.tasks import BackgroundTasks
from service_kit.testing import wait_until


class FakeConnection:
    """A connection that is lost when a test says so."""

    def __init__(self) -> None:
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.closed = False
        self.broker_gone = False

    async def write(self, readings: Sequence[Reading]) -> Position:
        if self.lost.done():
            raise KafkaUnavailableError(self.lost.result())
        return {0: len(readings)}

    async def probe(self) -> None:
        if self.broker_gone and not self.lost.done():
            self.lost.set_result("No Kafka broker answers")

    async def close(self) -> None:
        self.closed = True


class Kafka:
    """Hands out connections while it is up."""

    def __init__(self) -> None:
        self.up = True
        self.connections: list[FakeConnection] = []

    async def connect(self) -> FakeConnection:
        if not self.up:
            raise ConnectionError("refused")
        self.connections.append(FakeConnection())
        return self.connections[-1]


@asynccontextmanager
async def supervised(kafka: Kafka) -> AsyncIterator[ProducerSupervisor]:
    supervisor = ProducerSupervisor(
        kafka.connect, bootstrap_servers="b:1", reconnect_interval_s=0.005, probe_interval_s=0.005
    )
    async with BackgroundTasks() as tasks:
        tasks.start(supervisor.run(), "publish readings")
        yield supervisor


async def until_available(supervisor: ProducerSupervisor) -> None:
    async def available() -> bool:
        return await supervisor.missing() is None

    await wait_until(available, deadline_s=2, otherwise="did not connect")


async def test_a_broker_that_is_away_at_the_start_is_named_and_taken_up_later() -> None:
    kafka = Kafka()
    kafka.up = False
    async with supervised(kafka) as supervisor:

        async def is_refused() -> bool:
            return "ConnectionError('refused')" in str(await supervisor.missing())

        await wait_until(is_refused, deadline_s=2, otherwise="the reason was not noticed")
        assert "b:1" in str(await supervisor.missing())
        with pytest.raises(KafkaUnavailableError, match="refused"):
            await supervisor.write([])
        kafka.up = True
        await until_available(supervisor)
        await supervisor.write([])


async def test_a_lost_connection_is_closed_before_the_next_one_is_made() -> None:
    kafka = Kafka()
    async with supervised(kafka) as supervisor:
        await until_available(supervisor)
        kafka.connections[0].lost.set_result("sequence broken")
        await wait_until(lambda: len(kafka.connections) == 2, deadline_s=2, otherwise="was not replaced")
        assert kafka.connections[0].closed
        await until_available(supervisor)


async def test_a_broker_that_goes_away_while_nobody_writes_is_noticed() -> None:
    kafka = Kafka()
    async with supervised(kafka) as supervisor:
        await until_available(supervisor)
        kafka.up = False
        kafka.connections[0].broker_gone = True

        async def missing() -> bool:
            return await supervisor.missing() is not None

        await wait_until(missing, deadline_s=2, otherwise="the loss was not noticed")


async def test_the_end_closes_the_connection() -> None:
    kafka = Kafka()
    async with supervised(kafka) as supervisor:
        await until_available(supervisor)
    assert kafka.connections[0].closed
    assert await supervisor.missing() is not None


@pytest.mark.parametrize("up", [True, False])
async def test_the_first_attempt_is_told_whether_it_went_well_or_not(up: bool) -> None:
    kafka = Kafka()
    kafka.up = up
    async with supervised(kafka) as supervisor:
        async with asyncio.timeout(2):
            await supervisor.attempted()
        assert (await supervisor.missing() is None) == up
