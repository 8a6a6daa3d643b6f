"""An unmodified Telegraf writes to ingest-api as if it were InfluxDB 2."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from iot_contracts.readings import Reading
from iot_contracts.topics import IOT_SENSORS
from service_kit.testing import wait_until
from support.readings import a_sensor
from support.stack import Stack
from support.telegraf import NoTelegrafError, telegraf
from support.topic_watch import watch

POINTS = 10_000
SENSORS = 50
CONFIGURATION = """
[agent]
  metric_buffer_limit = 20000
  omit_hostname = true
  # It rounds times to whole seconds otherwise.
  precision = "1ns"
[[inputs.file]]
  files = ["{file}"]
  data_format = "influx"
[[outputs.influxdb_v2]]
  urls = ["{url}"]
  token = "none-is-needed"
  organization = "any"
  bucket = "any"
"""


@pytest.fixture(scope="session")
def program() -> Path:
    try:
        return telegraf()
    except NoTelegrafError as error:
        pytest.skip(str(error))


def points(prefix: str) -> dict[tuple[str, datetime], float]:
    """What each sensor measured at each time."""
    start = datetime(2026, 3, 1, tzinfo=UTC)
    return {
        (f"{prefix}_{number % SENSORS:02}", start + timedelta(milliseconds=100 * number)): 15 + number % 160 / 10
        for number in range(POINTS)
    }


def line(sensor_id: str, time: datetime, value: float) -> str:
    microseconds = (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return f"temperature,sensor_id={sensor_id},location=Tangier-Port value={value} {microseconds * 1000}"


async def run_once(program: Path, configuration: Path) -> str:
    """Let Telegraf read its inputs once and write; returns what it logged."""
    process = await asyncio.create_subprocess_exec(
        program, "--config", configuration, "--once", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(90):
        output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


@pytest.mark.timeout(900)
async def test_every_point_of_an_unmodified_telegraf_is_in_kafka(stack: Stack, tmp_path: Path, program: Path) -> None:
    prefix = a_sensor("telegraf")
    sent = points(prefix)
    lines, configuration = tmp_path / "points.lp", tmp_path / "telegraf.conf"
    lines.write_text("".join(f"{line(*place, value)}\n" for place, value in sent.items()))
    configuration.write_text(CONFIGURATION.format(file=lines, url=stack.url("ingest-api")))
    stored: list[Reading] = []
    async with watch(stack.kafka, IOT_SENSORS) as topic:
        logged = await run_once(program, configuration)
        assert " E! " not in logged, logged

        async def all_there() -> bool:
            new = [msgspec.json.decode(record.value or b"", type=Reading) for record in await topic.poll()]
            stored.extend(reading for reading in new if reading.sensor_id.startswith(prefix))
            return len(stored) >= POINTS

        await wait_until(all_there, deadline_s=30, otherwise=f"not all {POINTS} points came")
    assert len(stored) == POINTS
    assert {(reading.sensor_id, reading.timestamp): reading.value for reading in stored} == sent
    assert {(reading.sensor_type, reading.unit, reading.location) for reading in stored} == {
        ("temperature", "Celsius", "Tangier-Port")
    }
