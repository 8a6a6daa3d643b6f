"""A real series through the whole pipeline comes out as it went in, whatever dies on the way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from subprocess import Popen
from uuid import uuid4

import httpx
import pytest

from service_kit.testing import wait_until
from support.questions import NotAnsweredError, stats_of
from support.series import Series, load_series
from support.stack import Stack

IN_EVERY_ANSWER_S = 10
IN_THE_TABLE_S = 120


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Series:
    return load_series(tmp_path_factory.mktemp("series"))


def replay(stack: Stack, series: Series, sensor_id: str, *options: str) -> "Popen[str]":
    return stack.command("replay", str(series.path), "--sensor-id", sensor_id, *options)


async def finish(command: "Popen[str]") -> str:
    """Wait for the command and return its output; it must have delivered everything."""
    output, _ = await asyncio.to_thread(command.communicate, timeout=300)
    assert command.returncode == 0, output
    return output


async def assert_answers_equal_the_file(
    stack: Stack, http: httpx.AsyncClient, series: Series, sensor_id: str, *, source: str, deadline_s: float
) -> None:
    last: dict[str, object] = {}

    async def complete() -> bool:
        try:
            last.update(await stats_of(http, stack.url("query-api"), sensor_id, source=source))
        except NotAnsweredError as error:
            last["not answered"] = str(error)
            return False
        return last["count"] == len(series.values)

    await wait_until(complete, deadline_s=deadline_s, otherwise=f"{source} does not hold the file: {last}")
    assert last["min"] == min(series.values)
    assert last["max"] == max(series.values)
    assert last["mean"] == pytest.approx(series.mean, rel=1e-12)


@asynccontextmanager
async def watching(stack: Stack, sensor_id: str) -> AsyncIterator[list[int]]:
    """Ask for the sensor's count over and over, as fast as answers come."""
    counts: list[int] = []

    async def ask() -> None:
        async with httpx.AsyncClient(timeout=30) as http:
            while True:
                try:
                    counts.append((await stats_of(http, stack.url("query-api"), sensor_id))["count"])
                except NotAnsweredError:
                    await asyncio.sleep(0.05)

    task = asyncio.create_task(ask())
    try:
        yield counts
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.timeout(300)
async def test_a_replayed_series_is_in_every_answer_and_in_the_table_exactly(
    stack: Stack, http: httpx.AsyncClient, series: Series
) -> None:
    sensor_id = f"REPLAY_{uuid4().hex[:8]}"
    await finish(replay(stack, series, sensor_id))
    for source, deadline_s in (("all", IN_EVERY_ANSWER_S), ("table", IN_THE_TABLE_S)):
        await assert_answers_equal_the_file(stack, http, series, sensor_id, source=source, deadline_s=deadline_s)
    stored = stack.scan("iot.readings", "reading_id", "value", where=f"sensor_id = '{sensor_id}'")
    assert len({row["reading_id"] for row in stored}) == len(stored) == len(series.values)
    assert sorted(row["value"] for row in stored) == sorted(series.values)


@pytest.mark.timeout(300)
async def test_the_same_series_replayed_again_adds_nothing(
    stack: Stack, http: httpx.AsyncClient, series: Series
) -> None:
    sensor_id = f"TWICE_{uuid4().hex[:8]}"
    await finish(replay(stack, series, sensor_id))
    await finish(replay(stack, series, sensor_id))
    for source, deadline_s in (("all", IN_EVERY_ANSWER_S), ("table", IN_THE_TABLE_S)):
        await assert_answers_equal_the_file(stack, http, series, sensor_id, source=source, deadline_s=deadline_s)


@pytest.mark.timeout(420)
@pytest.mark.parametrize("victim", ["stream-processor", "ingest-api", "query-api", "kafka"])
async def test_a_kill_in_the_middle_of_a_replay_loses_and_doubles_nothing(
    stack: Stack, http: httpx.AsyncClient, series: Series, victim: str
) -> None:
    sensor_id = f"KILL_{uuid4().hex[:8]}"
    command = replay(stack, series, sensor_id, "--rate", "2000")
    async with watching(stack, sensor_id) as counts:
        await wait_until(
            lambda: counts and counts[-1] > len(series.values) // 4,
            deadline_s=60,
            otherwise="the replay did not get going",
        )
        killed = stack.kill9(victim)
        await finish(command)
        await assert_answers_equal_the_file(stack, http, series, sensor_id, source="all", deadline_s=90)
        await assert_answers_equal_the_file(stack, http, series, sensor_id, source="table", deadline_s=IN_THE_TABLE_S)
    assert counts == sorted(counts), "an answer counted backwards"
    assert max(counts) == len(series.values), "an answer counted more than was sent"
    await wait_until(lambda: stack.pid(victim) != killed, deadline_s=60, otherwise=f"{victim} was not restarted")
