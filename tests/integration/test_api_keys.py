"""API keys from `iotctl keys` to ingest-api: made, used, limited, revoked."""

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from service_kit.testing import wait_until
from stack.paths import venv_python
from support.ingest_process import IngestProcess, ingest_process
from support.kafka_broker import KafkaBroker
from support.readings import a_reading, a_sensor
from support.stack import PROJECT
from support.topics import readings_of

pytestmark = pytest.mark.timeout(120)
EFFECTIVE_S = 1.0
"""Within this time of its command's end a key is known, or refused."""


def iotctl(broker: KafkaBroker, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, str(PROJECT / "infra" / "bootstrap.py"), *arguments],
        env=os.environ | {"KAFKA_PORT": str(broker.port), "PORT_OFFSET": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def make_key(broker: KafkaBroker, *options: str) -> str:
    """Make a key and return its token."""
    return iotctl(broker, "keys", "create", "test", *options).split()[-1]


@pytest.fixture
def guarded(broker: KafkaBroker, tmp_path: Path) -> Iterator[IngestProcess]:
    settings = {
        "INGEST_API_WORK_DIR": str(tmp_path / "work"),
        "INGEST_API_WORKERS": "2",
        "INGEST_API_AUTH": "on",
    }
    with ingest_process(broker.bootstrap, tmp_path / "ingest.log", settings) as process:
        yield process


async def post(guarded: IngestProcess, token: str, sensor_id: str = "SENSOR_001") -> httpx.Response:
    """By a connection of its own, so that any worker process may get it."""
    async with httpx.AsyncClient(base_url=guarded.url, timeout=30) as client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await client.post("/v1/readings", json=a_reading(sensor_id), headers=headers)


async def until_answered(guarded: IngestProcess, token: str, status: int, times: int = 10) -> None:
    """Wait until each of so many requests in a row is answered like this: by every worker process, that is."""

    async def answered() -> bool:
        answers = await asyncio.gather(*(post(guarded, token) for _ in range(times)))
        return {answer.status_code for answer in answers} == {status}

    await wait_until(answered, deadline_s=EFFECTIVE_S, otherwise=f"not answered {status}")


async def test_a_key_is_good_from_its_making_to_its_revocation(broker: KafkaBroker, guarded: IngestProcess) -> None:
    assert (await post(guarded, "")).status_code == 401
    token = await asyncio.to_thread(make_key, broker)
    await until_answered(guarded, token, 202)
    key_id = token.split("_")[1]
    listed = [json.loads(line) for line in iotctl(broker, "keys", "list", "--json").splitlines()]
    assert [key["name"] for key in listed if key["key_id"] == key_id] == ["test"]
    assert token.split("_", 2)[2] not in json.dumps(listed)
    await asyncio.to_thread(iotctl, broker, "keys", "revoke", key_id)
    await until_answered(guarded, token, 401)
    assert key_id in iotctl(broker, "keys", "list")


async def test_a_key_survives_the_service_and_is_known_before_it_says_ready(
    broker: KafkaBroker, tmp_path: Path
) -> None:
    token = make_key(broker)
    settings = {"INGEST_API_WORK_DIR": str(tmp_path / "work"), "INGEST_API_AUTH": "on"}
    with ingest_process(broker.bootstrap, tmp_path / "ingest.log", settings) as process:
        assert (await post(process, token)).status_code == 202


async def test_a_limit_holds_over_the_worker_processes(broker: KafkaBroker, guarded: IngestProcess) -> None:
    token = await asyncio.to_thread(make_key, broker, "--rate", "10/d")
    sensor_id = a_sensor("limited")

    async def known() -> bool:
        return (await post(guarded, token, sensor_id)).status_code == 202

    await wait_until(known, deadline_s=EFFECTIVE_S, otherwise="the key is not known")
    answers = [await post(guarded, token, sensor_id) for _ in range(30)]
    limited = [answer for answer in answers if answer.status_code == 429]
    assert limited
    assert re.fullmatch(r'"requests";r=0;t=\d+', limited[-1].headers["ratelimit"])
    assert int(limited[-1].headers["retry-after"]) > 0
    assert len(await readings_of(broker.bootstrap, sensor_id)) == 10


async def test_a_tenant_over_its_quota_does_not_slow_another_one(broker: KafkaBroker, guarded: IngestProcess) -> None:
    greedy = await asyncio.to_thread(make_key, broker, "--rate", "10/d")
    patient = await asyncio.to_thread(make_key, broker)
    await until_answered(guarded, patient, 202)
    alone_s, beside_s, refused = [], [], 0
    async with client_of(guarded, greedy) as flood, client_of(guarded, patient) as client:
        # In turns, so that whatever else runs on the machine meets both alike.
        for _ in range(ROUNDS):
            alone_s += await durations_s(client)
            flooding = [asyncio.create_task(count_refused(flood)) for _ in range(FLOODING_CONNECTIONS)]
            beside_s += await durations_s(client)
            for task in flooding:
                task.cancel()
            refused += sum(await asyncio.gather(*flooding))
    alone, beside = p95(alone_s), p95(beside_s)
    print(f"p95 alone {alone * 1000:.1f} ms, beside {refused} refused requests {beside * 1000:.1f} ms")
    assert refused > REQUESTS
    assert beside < 3 * alone + 0.05


ROUNDS, REQUESTS, FLOODING_CONNECTIONS, FLOOD_PACE_S = 5, 40, 4, 0.02


def client_of(guarded: IngestProcess, token: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=guarded.url, timeout=30, headers={"Authorization": f"Bearer {token}"})


async def durations_s(client: httpx.AsyncClient) -> list[float]:
    """How long requests took, one after the other; each must be accepted."""
    taken = []
    for _ in range(REQUESTS):
        started = time.perf_counter()
        answer = await client.post("/v1/readings", json=a_reading("SENSOR_001"))
        taken.append(time.perf_counter() - started)
        assert answer.status_code == 202, answer.text
    return taken


async def count_refused(client: httpx.AsyncClient) -> int:
    """Send requests, as many as the pace allows, until cancelled; return how many were refused for the quota."""
    refused = 0
    try:
        while True:
            answer = await client.post("/v1/readings", json=a_reading("SENSOR_002"))
            refused += answer.status_code == 429
            await asyncio.sleep(FLOOD_PACE_S)
    except asyncio.CancelledError:
        return refused


def p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


async def test_while_kafka_hangs_no_key_counts_as_good(broker: KafkaBroker, guarded: IngestProcess) -> None:
    token = await asyncio.to_thread(make_key, broker)
    await until_answered(guarded, token, 202)
    with broker.paused():
        paused_at = time.monotonic()

        async def refused() -> bool:
            async with httpx.AsyncClient(base_url=guarded.url) as client:
                missing = (await client.get("/readyz")).json()["missing"]
            return "api_keys" in missing

        await wait_until(refused, deadline_s=5, otherwise="the keys count as known")
        assert (await post(guarded, token)).status_code == 503
        assert time.monotonic() - paused_at < 5

    async def accepted() -> bool:
        return (await post(guarded, token)).status_code == 202

    await wait_until(accepted, deadline_s=5, otherwise="still shut although kafka is back")


def test_without_keys_the_service_refuses_to_serve_other_machines(tmp_path: Path) -> None:
    done = subprocess.run(
        [venv_python("ingest-api"), "-m", "ingest_api"],
        env=os.environ | {"INGEST_API_HOST": "0.0.0.0", "INGEST_API_WORK_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert "INGEST_API_AUTH=on" in done.stderr
    assert "Traceback" not in done.stderr
