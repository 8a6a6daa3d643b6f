"""A lock that a killed writer left, and components that hang: said within a minute, and over by itself."""

import subprocess
from pathlib import Path

import pytest
from httpx import AsyncClient

from crash.victims import frozen
from service_kit.testing import wait_until
from stack.paths import venv_python
from support.questions import NotAnsweredError, stats_of
from support.readings import a_reading, a_sensor
from support.stack import PROJECT, Stack

pytestmark = pytest.mark.timeout(300)
LOCK_GOES_WITHIN_S = 75
"""A lock's time-out (30 s), the reaper's interval (15 s), and what a busy machine needs for the batch after it."""
SAID_WITHIN_S = 100
"""A minute without an offset moving, one check of the topic, and the batch that hangs has to begin first."""
READY_AGAIN_S = 60


async def post(stack: Stack, http: AsyncClient, sensor_id: str) -> None:
    answer = await http.post(f"{stack.url('ingest-api')}/v1/readings", json=[a_reading(sensor_id)])
    assert answer.status_code == 202, answer.text


async def wait_for_the_table(stack: Stack, http: AsyncClient, sensor_id: str, *, count: int, deadline_s: float) -> None:
    async def stored() -> bool:
        try:
            return bool((await stats_of(http, stack.url("query-api"), sensor_id, source="table"))["count"] == count)
        except NotAnsweredError:
            return False

    await wait_until(stored, deadline_s=deadline_s, otherwise=f"the table does not hold the {count} readings")


async def missing(stack: Stack, http: AsyncClient, service: str) -> dict[str, str]:
    reasons: dict[str, str] = (await http.get(f"{stack.url(service)}/readyz")).json()["missing"]
    return reasons


async def wait_until_ready(stack: Stack, http: AsyncClient, *services: str) -> None:
    async def ready() -> bool:
        return not any([await missing(stack, http, service) for service in services])

    await wait_until(ready, deadline_s=READY_AGAIN_S, otherwise=f"{services} did not become ready again")


def leave_lock(stack: Stack) -> None:
    """Take the lock on iot.readings as a commit does, and end without giving it back."""
    script = PROJECT / "tests" / "support" / "leave_lock.py"
    command: list[str | Path] = [
        venv_python("query-api"),
        script,
        f"127.0.0.1:{stack.port('METASTORE')}",
        "iot.readings",
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


async def test_locks_of_killed_writers_delay_commits_only_briefly(stack: Stack, http: AsyncClient) -> None:
    """One held by somebody who is gone, and one that a stream processor killed in its commit was waiting for."""
    sensor_id = a_sensor("behind_locks")
    leave_lock(stack)
    await post(stack, http, sensor_id)

    async def commits() -> bool:
        # The lock above keeps it in this step, waiting for a lock of its own.
        batch = (await http.get(f"{stack.url('stream-processor')}/v1/status")).json()["under_way"]
        return batch is not None and "step store" in batch

    await wait_until(commits, deadline_s=30, otherwise="no batch began to commit")
    stack.kill9("stream-processor")
    await wait_for_the_table(stack, http, sensor_id, count=1, deadline_s=LOCK_GOES_WITHIN_S + READY_AGAIN_S)
    await wait_until_ready(stack, http, "stream-processor", "query-api")


async def test_every_consuming_service_reports_a_hanging_broker(stack: Stack, http: AsyncClient) -> None:
    services = ("ingest-api", "stream-processor", "query-api", "dashboard")
    await wait_until_ready(stack, http, *services)
    async with frozen(stack.pid("kafka")):

        async def all_say_so() -> bool:
            return all(["kafka" in await missing(stack, http, service) for service in services])

        await wait_until(all_say_so, deadline_s=60, otherwise="a service is ready while its broker hangs")
    await wait_until_ready(stack, http, *services)


async def test_the_stream_processor_reports_a_hanging_file_system(stack: Stack, http: AsyncClient) -> None:
    sensor_id = a_sensor("hanging_hdfs")
    await wait_until_ready(stack, http, "stream-processor", "query-api")
    async with frozen(stack.pid("namenode")):
        await post(stack, http, sensor_id)

        async def reason() -> str | None:
            return (await missing(stack, http, "stream-processor")).get("progress")

        said = await wait_until(reason, deadline_s=SAID_WITHIN_S, otherwise="it is ready while nothing moves")
        assert "messages wait and no offset has moved for 6" in said
    await wait_until_ready(stack, http, "stream-processor", "query-api")
    await wait_for_the_table(stack, http, sensor_id, count=1, deadline_s=READY_AGAIN_S)
