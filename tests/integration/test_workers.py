"""Several worker processes are one service: counted together, ended together, replaced when they die."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from service_kit.testing import wait_until
from support.ingest_process import IngestProcess, ingest_process
from support.kafka_broker import KafkaBroker
from support.readings import a_reading, a_sensor
from support.topics import readings_of

pytestmark = pytest.mark.timeout(120)
WORKERS = 2


@pytest.fixture
def ingest(broker: KafkaBroker, tmp_path: Path) -> Iterator[IngestProcess]:
    settings = {"INGEST_API_WORK_DIR": str(tmp_path / "work"), "INGEST_API_WORKERS": str(WORKERS)}
    with ingest_process(broker.bootstrap, tmp_path / "ingest.log", settings) as process:
        yield process


def workers(ingest: IngestProcess) -> list[psutil.Process]:
    """The worker processes; multiprocessing has one of its own beside them."""
    children = psutil.Process(ingest.pid).children()
    living = [child for child in children if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in living if "spawn_main" in " ".join(child.cmdline())]


async def post(ingest: IngestProcess, sensor_id: str) -> httpx.Response:
    """By a connection of its own, so that any worker process may get it."""
    async with httpx.AsyncClient(base_url=ingest.url, timeout=30) as client:
        return await client.post("/v1/readings", json=a_reading(sensor_id))


async def counted(ingest: IngestProcess) -> float:
    async with httpx.AsyncClient(base_url=ingest.url) as client:
        lines = (await client.get("/metrics")).text.splitlines()
    label = 'ingest_readings_total{format="application/json",outcome="accepted"} '
    return sum(float(line.removeprefix(label)) for line in lines if line.startswith(label))


async def test_metrics_count_all_workers_whichever_answers(ingest: IngestProcess) -> None:
    await wait_until(lambda: len(workers(ingest)) == WORKERS, deadline_s=10, otherwise="workers are missing")
    sensor_id = a_sensor("counted")
    answers = await asyncio.gather(*(post(ingest, sensor_id) for _ in range(40)))
    assert {answer.status_code for answer in answers} == {202}
    assert [await counted(ingest) for _ in range(10)] == [40.0] * 10


async def test_a_worker_that_is_killed_is_replaced_and_its_count_stays(ingest: IngestProcess) -> None:
    """A worker process has accepted what is posted to it whenever it takes connections, a new one too."""
    await wait_until(lambda: len(workers(ingest)) == WORKERS, deadline_s=10, otherwise="workers are missing")
    sensor_id = a_sensor("replaced")
    assert (await post(ingest, sensor_id)).status_code == 202
    before = {worker.pid for worker in workers(ingest)}
    os.kill(min(before), signal.SIGKILL)
    accepted = 1

    async def replaced() -> bool:
        nonlocal accepted
        assert (await post(ingest, sensor_id)).status_code == 202
        accepted += 1
        now = {worker.pid for worker in workers(ingest)}
        return len(now) == WORKERS and min(before) not in now

    await wait_until(replaced, deadline_s=10, otherwise="the dead worker is not replaced")
    assert await counted(ingest) == accepted


async def test_sigterm_to_all_of_them_finishes_what_is_in_flight(broker: KafkaBroker, ingest: IngestProcess) -> None:
    """As supervisord does it: the whole process group gets the signal, the workers from their parent a second one."""
    parent, children = psutil.Process(ingest.pid), workers(ingest)
    sensor_id = a_sensor("ended")
    with broker.paused():
        first = asyncio.create_task(post(ingest, sensor_id))
        await wait_until(lambda: in_flight(ingest), deadline_s=1, otherwise="the request is not in flight")
        for process in (parent, *children):
            process.send_signal(signal.SIGTERM)
    assert (await first).status_code == 202
    assert await asyncio.to_thread(parent.wait, 10) == 0
    assert not any(child.is_running() for child in children)
    assert len(await readings_of(broker.bootstrap, sensor_id)) == 1


async def test_without_their_parent_the_workers_end_and_give_the_port_back(ingest: IngestProcess) -> None:
    children = workers(ingest)
    os.kill(ingest.pid, signal.SIGKILL)
    gone, alive = await asyncio.to_thread(psutil.wait_procs, children, 10)
    assert (len(gone), alive) == (WORKERS, [])


async def in_flight(ingest: IngestProcess) -> bool:
    async with httpx.AsyncClient(base_url=ingest.url) as client:
        lines = (await client.get("/metrics")).text.splitlines()
    return any(line.startswith("ingest_in_flight_bytes ") and not line.endswith(" 0.0") for line in lines)
