import asyncio
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from iot_contracts.readings import Reading
from simulator.delivery.buffer import FILE_NAME, Batch, Buffer
from simulator.delivery.tally import Tally
from simulator.errors import ConfigurationError

Make = Callable[..., list[Reading]]


def readings_in(batch: Batch) -> list[Reading]:
    readings = msgspec.json.decode(batch.body, type=list[Reading])
    assert len(readings) == batch.readings
    return readings


async def test_readings_leave_in_the_order_they_came(make_readings: Make, buffer: Buffer) -> None:
    readings = make_readings(12)
    buffer.put(readings[:2])
    buffer.put(readings[2:])
    assert readings_in(await buffer.oldest()) == readings[:2]
    buffer.settle()
    assert readings_in(await buffer.oldest()) == readings[2:9]


async def test_a_full_buffer_drops_the_oldest_and_counts_them(
    make_readings: Make, buffer: Buffer, tally: Tally
) -> None:
    readings = make_readings(35)
    for start in range(0, 35, 5):
        buffer.put(readings[start : start + 5])
    assert (tally.dropped, len(buffer)) == (5, 30)
    assert readings_in(await buffer.oldest())[0] == readings[5]


async def test_what_was_not_settled_is_there_after_a_restart(make_readings: Make, tmp_path: Path, tally: Tally) -> None:
    readings = make_readings(6)
    first = Buffer.open(tmp_path, 100, 3, tally)
    first.put(readings)
    await first.oldest()
    first.settle()
    await first.oldest()
    first.close()
    second = Buffer.open(tmp_path, 100, 3, tally)
    assert len(second) == 3
    assert readings_in(await second.oldest()) == readings[3:]
    second.close()


async def test_it_is_empty_only_once_what_was_taken_is_delivered(make_readings: Make, buffer: Buffer) -> None:
    buffer.put(make_readings(1))
    await buffer.oldest()
    empty = asyncio.ensure_future(buffer.wait_until_empty())
    await asyncio.sleep(0)
    assert (empty.done(), len(buffer)) == (False, 1)
    buffer.settle()
    await asyncio.wait_for(empty, 1)


def test_two_can_t_share_a_folder_and_a_damaged_file_is_named(buffer: Buffer, tmp_path: Path, tally: Tally) -> None:
    with pytest.raises(ConfigurationError, match="another simulator uses it"):
        Buffer.open(tmp_path / "buffer", 100, 3, tally)
    (tmp_path / FILE_NAME).write_bytes(b"no database" * 100)
    with pytest.raises(ConfigurationError, match="Move it away"):
        Buffer.open(tmp_path, 100, 3, tally)
    left_open = [descriptor.readlink() for descriptor in Path("/proc/self/fd").iterdir() if descriptor.exists()]
    assert tmp_path / FILE_NAME not in left_open


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID
from iot_contracts.readings import Reading
from simulator.delivery.buffer import Buffer
from simulator.delivery.tally import Tally
buffer = Buffer.open(Path(sys.argv[1]), 1_000_000, 10, Tally())
for number in range(1_000_000):
    buffer.put([Reading(reading_id=UUID(int=number), sensor_id="A", sensor_type="t", location="l", value=1.0, unit="u",
                        timestamp=datetime(2026, 3, 1, tzinfo=UTC))])
    print(number, flush=True)
"""


def put_until_killed(directory: Path) -> int:
    """How many readings the killed process said it had put."""
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(directory)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    for _ in range(200):
        writer.stdout.readline()
    os.kill(writer.pid, signal.SIGKILL)
    told, _ = writer.communicate(timeout=10)
    return 200 + len(told.split())


async def test_kill_9_loses_nothing_that_was_put(tmp_path: Path, tally: Tally) -> None:
    told = await asyncio.to_thread(put_until_killed, tmp_path)
    buffer = Buffer.open(tmp_path, 1_000_000, 10, tally)
    ids = []
    while len(buffer):
        ids += [reading.reading_id.int for reading in readings_in(await buffer.oldest())]
        buffer.settle()
    assert ids == list(range(len(ids)))
    assert len(ids) >= told
    buffer.close()


async def test_a_full_disk_costs_what_is_measured_meanwhile_only(
    make_readings: Make, tmp_path: Path, tally: Tally
) -> None:
    readings = make_readings(3000)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    buffer = Buffer.open(tmp_path, 10_000, 500, tally)
    buffer.put(readings[:100])
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        buffer.put(readings[100:2900])
        assert tally.dropped == 2900 - len(buffer) > 0
        assert "Free space" in str(tally.last_error)
        first = readings_in(await buffer.oldest())
        buffer.settle()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    buffer.put(readings[2900:])
    rest = []
    while len(buffer):
        rest += readings_in(await buffer.oldest())
        buffer.settle()
    kept = 3000 - tally.dropped
    assert first + rest == readings[: kept - 100] + readings[2900:]
    buffer.close()


async def test_a_buffer_smaller_than_a_request_keeps_the_latest(
    make_readings: Make, tmp_path: Path, tally: Tally
) -> None:
    buffer = Buffer.open(tmp_path, 4, 500, tally)
    readings = make_readings(10)
    buffer.put(readings)
    assert len(buffer) == 2
    assert readings_in(await buffer.oldest()) == readings[8:]
    assert tally.dropped == 8
    buffer.close()


async def test_what_has_waited_in_small_pieces_leaves_in_whole_requests(
    make_readings: Make, tmp_path: Path, tally: Tally
) -> None:
    buffer = Buffer.open(tmp_path, 1000, 100, tally)
    for number in range(150):
        buffer.put(make_readings(1, number))
    assert readings_in(await buffer.oldest()) == make_readings(100)
    buffer.close()
