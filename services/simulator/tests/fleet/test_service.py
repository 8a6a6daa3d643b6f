import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest

from iot_contracts.readings import Reading
from iot_contracts.sensor_types import DEFAULT_SENSOR_TYPES
from service_kit.testing import wait_until
from simulator.delivery.buffer import Buffer
from simulator.delivery.http_sender import HttpSender
from simulator.delivery.tally import Tally
from simulator.faults.kinds import Spike
from simulator.fleet.measurements import Measurements, Model
from simulator.fleet.service import FleetService, Pace
from simulator.sensors import build_sensors

MAX_BUFFERED = 30


@pytest.fixture
async def fleet(
    sender: HttpSender, buffer: Buffer, tally: Tally, measured: list[Reading]
) -> AsyncIterator[FleetService]:
    sensors = build_sensors(10, DEFAULT_SENSOR_TYPES, ["here"], seed=1)
    service = FleetService(
        Measurements(sensors, 0.02, Model(seed=1, id_seed="1", faults=(Spike(rate=0.05),))),
        buffer,
        sender,
        tally,
        Pace(tick_s=0.005, probe_interval_s=0.01, max_buffered_readings=MAX_BUFFERED),
        on_measured=[measured.extend],
    )
    service.open()
    yield service
    await service.close(flush_timeout_s=0.05)


@pytest.fixture
def measured() -> list[Reading]:
    return []


def delivered(ingest_api: Any) -> list[Reading]:
    return [reading for request in ingest_api.requests for reading in request]


async def until_delivered(tally: Tally, count: int) -> None:
    await wait_until(lambda: tally.accepted >= count, deadline_s=3, otherwise=f"{count} readings were not delivered")


async def test_everything_measured_is_delivered_once_and_in_order(
    fleet: FleetService, ingest_api: Any, tally: Tally, measured: Sequence[Reading]
) -> None:
    await fleet.start()
    await until_delivered(tally, 50)
    await fleet.close(flush_timeout_s=2)
    assert delivered(ingest_api) == list(measured)
    assert (tally.generated, tally.kept_at_end) == (len(measured), 0)


async def test_while_ingest_api_is_away_the_oldest_give_way_and_are_counted(
    fleet: FleetService, ingest_api: Any, tally: Tally, waits: list[float]
) -> None:
    ingest_api.script = [httpx.ConnectError("refused")] * 1_000_000
    await fleet.start()
    await wait_until(lambda: tally.dropped > 5, deadline_s=3, otherwise="nothing was dropped")
    assert "refused" in str(await fleet.missing())
    ingest_api.script.clear()
    await until_delivered(tally, MAX_BUFFERED)
    await fleet.close(flush_timeout_s=2)
    assert tally.accepted + tally.dropped == tally.generated
    assert await fleet.missing() is None


async def test_what_can_t_be_delivered_before_the_end_stays_in_the_buffer(
    fleet: FleetService, ingest_api: Any, tally: Tally, waits: list[float]
) -> None:
    ingest_api.script = [httpx.ConnectError("refused")] * 1_000_000
    await fleet.start()
    await wait_until(lambda: tally.generated > 10, deadline_s=3, otherwise="nothing was measured")
    await fleet.close(flush_timeout_s=0.01)
    assert tally.kept_at_end == tally.generated - tally.dropped


async def test_starting_twice_is_starting_once(fleet: FleetService, tally: Tally, measured: list[Reading]) -> None:
    await asyncio.gather(fleet.start(), fleet.start())
    await until_delivered(tally, 20)
    await fleet.stop()
    await fleet.stop()
    assert not fleet.running
    assert len({reading.reading_id for reading in measured}) == len(measured)
    assert len({(reading.sensor_id, reading.timestamp) for reading in measured}) == len(measured)


async def test_a_fleet_that_has_ended_by_an_error_says_so(
    sender: HttpSender, buffer: Buffer, tally: Tally, ingest_api: Any
) -> None:
    def fail(_readings: Sequence[Reading]) -> None:
        raise RuntimeError("no room")

    sensors = build_sensors(1, DEFAULT_SENSOR_TYPES, ["here"], seed=1)
    measurements = Measurements(sensors, 1, Model(seed=1, id_seed="1"))
    fleet = FleetService(measurements, buffer, sender, tally, Pace(0.005, 0.01, MAX_BUFFERED), [fail])
    fleet.open()
    await fleet.start()
    await asyncio.wait_for(fleet.failed.wait(), 3)
    assert not fleet.running
    assert "Restart the simulator" in str(await fleet.missing())
    await fleet.close(flush_timeout_s=2)
    assert len(delivered(ingest_api)) == 1


async def test_what_has_become_due_before_a_stop_is_measured(
    sender: HttpSender, buffer: Buffer, tally: Tally, measured: list[Reading]
) -> None:
    sensors = build_sensors(1, DEFAULT_SENSOR_TYPES, ["here"], seed=1)
    measurements = Measurements(sensors, 1, Model(seed=1, id_seed="1"))
    fleet = FleetService(measurements, buffer, sender, tally, Pace(3600, 3600, MAX_BUFFERED), [measured.extend])
    fleet.open()
    await fleet.start()
    await fleet.stop()
    assert len(measured) == 1
    await fleet.close(flush_timeout_s=2)


async def test_ingest_api_is_asked_for_while_nothing_is_posted(
    sender: HttpSender, buffer: Buffer, tally: Tally, ingest_api: Any
) -> None:
    sensors = build_sensors(1, DEFAULT_SENSOR_TYPES, ["here"], seed=1)
    measurements = Measurements(sensors, 3600, Model(seed=1, id_seed="1"))
    fleet = FleetService(measurements, buffer, sender, tally, Pace(0.005, 0.01, MAX_BUFFERED))
    fleet.open()
    await fleet.start()
    await until_delivered(tally, 1)
    ingest_api.alive = False
    await wait_until(fleet.missing, deadline_s=3, otherwise="nobody noticed that ingest-api is away")
    await fleet.close(flush_timeout_s=2)
