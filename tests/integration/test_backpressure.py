"""What ingest-api does when Kafka hangs or is gone, when it is full, and when it has to stop."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from service_kit.testing import wait_until
from support.ingest_process import IngestProcess, ingest_process
from support.kafka_broker import KafkaBroker
from support.readings import a_reading, a_sensor
from support.topics import messages_in

NOTICED_S = 2.0
"""Within this time of Kafka's going every request is answered 503, and /readyz says so."""
BACK_S = 5.0
"""Within this time of Kafka's return readings are accepted again."""
BODY_BYTES = 100_000


@pytest.fixture
def ingest(broker: KafkaBroker, tmp_path: Path) -> Iterator[IngestProcess]:
    settings = {
        "INGEST_API_WORK_DIR": str(tmp_path / "work"),
        "INGEST_API_MAX_BODY_BYTES": str(BODY_BYTES),
        "INGEST_API_MAX_IN_FLIGHT_BYTES": str(BODY_BYTES),
    }
    with ingest_process(broker.bootstrap, tmp_path / "ingest.log", settings) as process:
        yield process


@pytest.fixture
async def client(ingest: IngestProcess) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=ingest.url, timeout=30) as client:
        yield client


async def post(client: httpx.AsyncClient, spaces: int = 0) -> httpx.Response:
    body = httpx.Request("POST", "http://x", json=a_reading(a_sensor("pressed"))).content + b" " * spaces
    return await client.post("/v1/readings", content=body, headers={"Content-Type": "application/json"})


async def assert_shut(client: httpx.AsyncClient, since: float) -> None:
    """Every request that was sent from the moment on is answered 503, the first of them in time."""
    answer = await post(client)
    assert (answer.status_code, answer.json()["code"]) == (503, "kafka_unavailable")
    assert answer.headers["retry-after"] == "1"
    assert time.monotonic() - since < NOTICED_S

    async def unready() -> bool:
        return "kafka" in (await client.get("/readyz")).json()["missing"]

    await wait_until(unready, deadline_s=NOTICED_S - (time.monotonic() - since), otherwise="ready without kafka")
    started = time.monotonic()
    assert (await post(client)).status_code == 503
    assert time.monotonic() - started < 0.5, "known to be away, and still not refused at once"


async def assert_opens(client: httpx.AsyncClient) -> None:
    async def accepted() -> bool:
        return (await post(client)).status_code == 202

    await wait_until(accepted, deadline_s=BACK_S, otherwise="still shut although kafka is back")


@pytest.mark.timeout(120)
async def test_a_broker_that_hangs_is_noticed_in_time_and_so_is_its_return(
    broker: KafkaBroker, client: httpx.AsyncClient
) -> None:
    assert (await post(client)).status_code == 202
    with broker.paused():
        await assert_shut(client, time.monotonic())
    await assert_opens(client)


@pytest.mark.timeout(120)
async def test_a_hanging_broker_is_noticed_without_any_request(broker: KafkaBroker, client: httpx.AsyncClient) -> None:
    with broker.paused():
        paused_at = time.monotonic()

        async def unready() -> bool:
            return "kafka" in (await client.get("/readyz")).json()["missing"]

        await wait_until(unready, deadline_s=NOTICED_S, otherwise="ready although kafka hangs")
        assert (await post(client)).status_code == 503
        assert time.monotonic() - paused_at < NOTICED_S + 0.5
    await assert_opens(client)


async def test_above_the_bound_a_request_is_refused_at_once_and_the_first_is_finished(
    broker: KafkaBroker, client: httpx.AsyncClient
) -> None:
    before = await messages_in(broker.bootstrap, "iot-sensors")
    with broker.paused():
        first = asyncio.create_task(post(client, spaces=BODY_BYTES - 1000))
        await wait_until(lambda: in_flight(client), deadline_s=1, otherwise="the first request is not in flight")
        started = time.monotonic()
        second = await post(client, spaces=2000)
        assert (second.status_code, second.json()["code"], second.headers["retry-after"]) == (503, "overloaded", "1")
        assert time.monotonic() - started < 0.2
    assert (await first).status_code == 202
    assert (await post(client, spaces=BODY_BYTES - 1000)).status_code == 202
    assert await messages_in(broker.bootstrap, "iot-sensors") == before + 2


async def test_sigterm_finishes_what_is_in_flight_and_accepts_nothing_more(
    broker: KafkaBroker, ingest: IngestProcess, client: httpx.AsyncClient
) -> None:
    before = await messages_in(broker.bootstrap, "iot-sensors")
    process = psutil.Process(ingest.pid)
    with broker.paused():
        first = asyncio.create_task(post(client))
        await wait_until(lambda: in_flight(client), deadline_s=1, otherwise="the request is not in flight")
        os.kill(ingest.pid, signal.SIGTERM)
        await wait_until(lambda: refuses(ingest), deadline_s=1, otherwise="still takes connections")
        assert not first.done()
    assert (await first).status_code == 202
    assert await asyncio.to_thread(process.wait, 10) in (0, -signal.SIGTERM)
    assert await messages_in(broker.bootstrap, "iot-sensors") == before + 1


@pytest.mark.timeout(120)
async def test_a_broker_that_is_gone_is_noticed_in_time_and_so_is_its_return(
    broker: KafkaBroker, client: httpx.AsyncClient
) -> None:
    """The last one of the module: the broker of the others is killed here."""
    assert (await post(client)).status_code == 202
    broker.kill()
    await assert_shut(client, time.monotonic())
    with broker.started_again():
        await assert_opens(client)


async def in_flight(client: httpx.AsyncClient) -> bool:
    lines = (await client.get("/metrics")).text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("ingest_in_flight_bytes ")) > 0


async def refuses(ingest: IngestProcess) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", ingest.port)
    except ConnectionRefusedError:
        return True
    writer.close()
    return False
