"""A keyed request counts once: whichever worker process gets it, and whatever is killed in between."""

import asyncio
import os
import signal
from pathlib import Path
from uuid import uuid4

import httpx
import psutil
import pytest

from service_kit.testing import wait_until
from support.ingest_process import ingest_process
from support.kafka_broker import KafkaBroker
from support.readings import a_reading, a_sensor
from support.topics import readings_of

pytestmark = pytest.mark.timeout(120)


def batch_without_ids(sensor_id: str, size: int) -> list[dict[str, object]]:
    readings = [a_reading(sensor_id, value=float(number)) for number in range(size)]
    return [{name: value for name, value in reading.items() if name != "reading_id"} for reading in readings]


async def post(url: str, key: str, batch: object) -> httpx.Response:
    """By a connection of its own, so that any worker process may get it."""
    async with httpx.AsyncClient(timeout=30) as client:
        return await client.post(f"{url}/v1/readings", json=batch, headers={"Idempotency-Key": key})


async def test_of_many_concurrent_copies_one_is_processed(broker: KafkaBroker, tmp_path: Path) -> None:
    sensor_id, key = a_sensor("copied"), str(uuid4())
    batch = batch_without_ids(sensor_id, 10)
    settings = {"INGEST_API_WORK_DIR": str(tmp_path / "work"), "INGEST_API_WORKERS": "2"}
    with ingest_process(broker.bootstrap, tmp_path / "ingest.log", settings) as ingest:
        answers = await asyncio.gather(*(post(ingest.url, key, batch) for _ in range(20)))
        worked_on = [one for one in answers if one.status_code == 202 and "idempotency-replayed" not in one.headers]
        assert len(worked_on) == 1
        assert {answer.status_code for answer in answers} <= {202, 409}
        late = await post(ingest.url, key, batch)
        assert (late.status_code, late.headers.get("idempotency-replayed")) == (202, "true")
        assert (await post(ingest.url, key, batch[1:])).status_code == 422
    readings = await readings_of(broker.bootstrap, sensor_id)
    assert [reading.value for reading in readings] == [float(number) for number in range(10)]


async def test_an_answer_is_remembered_by_the_next_run_of_the_service(broker: KafkaBroker, tmp_path: Path) -> None:
    sensor_id, key = a_sensor("remembered"), str(uuid4())
    batch = batch_without_ids(sensor_id, 3)
    settings = {"INGEST_API_WORK_DIR": str(tmp_path / "work")}
    for replayed in (None, "true"):
        with ingest_process(broker.bootstrap, tmp_path / "ingest.log", settings) as ingest:
            answer = await post(ingest.url, key, batch)
            assert (answer.status_code, answer.headers.get("idempotency-replayed")) == (202, replayed)
    assert len(await readings_of(broker.bootstrap, sensor_id)) == 3


@pytest.mark.parametrize("keeps_its_memory", [True, False])
async def test_a_retry_after_a_kill_is_accepted_at_once_with_the_same_ids(
    broker: KafkaBroker, tmp_path: Path, keeps_its_memory: bool
) -> None:
    sensor_id, key = a_sensor("killed"), str(uuid4())
    batch = batch_without_ids(sensor_id, 5)
    work = tmp_path / "work"
    with (
        ingest_process(broker.bootstrap, tmp_path / "first.log", {"INGEST_API_WORK_DIR": str(work)}) as ingest,
        # What is written meanwhile waits in the broker's socket: it may be stored although nobody hears of it.
        broker.paused(),
    ):
        first = asyncio.create_task(post(ingest.url, key, batch))
        await wait_until(lambda: on_its_way(ingest.url), deadline_s=1, otherwise="not on its way")
        os.kill(ingest.pid, signal.SIGKILL)
        psutil.Process(ingest.pid).wait(10)
        with pytest.raises(httpx.HTTPError):
            await first
    if not keeps_its_memory:
        work = tmp_path / "other"
    with ingest_process(broker.bootstrap, tmp_path / "second.log", {"INGEST_API_WORK_DIR": str(work)}) as ingest:
        again = await post(ingest.url, key, batch)
        assert (again.status_code, again.headers.get("idempotency-replayed")) == (202, None)
    readings = await readings_of(broker.bootstrap, sensor_id)
    assert len(readings) >= 5
    assert len({reading.reading_id for reading in readings}) == 5


async def on_its_way(url: str) -> bool:
    async with httpx.AsyncClient() as client:
        lines = (await client.get(f"{url}/metrics")).text.splitlines()
    return any(line.startswith('ingest_keyed_requests_total{outcome="first"} 1') for line in lines)
