"""Sensors: made on first sight, current, registered by people, imported and exported."""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
import pytest
import sqlalchemy as sa

from iot_contracts.readings import Reading
from iot_contracts.sensors import Sensor
from query_api.database.connection import Database
from query_api.database.models import OutboxMessage
from query_api.errors import ConflictError, NotFoundError
from query_api.sensors.observations import Observations
from query_api.sensors.registrar import Registrar
from query_api.sensors.schemas import SensorBody, SensorsQuery
from query_api.sensors.service import SensorsService
from service_kit.problems import InvalidRequestError

Make = Callable[..., Reading]
SEEN = ["SENSOR_0", "SENSOR_1", "SENSOR_2"]
"""Whose readings the fixture `observations` holds."""


class Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(reading: Make) -> Clock:
    clock = Clock()
    clock.now = reading(5).timestamp
    return clock


@pytest.fixture
def observations(reading: Make) -> Observations:
    """Readings 0 to 5 of SENSOR_0 to SENSOR_2."""
    observations = Observations()
    observations.observe([reading(number) for number in range(6)])
    return observations


@pytest.fixture
def service(database: Database, observations: Observations, clock: Clock) -> SensorsService:
    return SensorsService(database, observations, lambda: None, 60, clock)


@pytest.fixture
async def registrar(database: Database, observations: Observations) -> Registrar:
    registrar = Registrar(database, observations)
    await registrar.store(everything=False)
    return registrar


async def ids(service: SensorsService, **query: object) -> list[str]:
    return [one.sensor_id for one in (await service.list_sensors(SensorsQuery.model_validate(query))).sensors]


async def published(database: Database) -> list[Sensor]:
    async with database.transaction() as session:
        messages = await session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id))
        return [msgspec.json.decode(one.value or b"", type=Sensor) for one in messages]


async def test_a_sensor_is_there_once_its_reading_was_seen(service: SensorsService) -> None:
    sensor = await service.get_sensor("SENSOR_2")
    assert (sensor.sensor_type, sensor.unit, sensor.last_value, sensor.status) == (
        *("temperature", "Celsius", 5.0),
        "online",
    )
    assert not sensor.registered


async def test_a_sensor_seen_a_moment_ago_is_listed_and_changed(
    service: SensorsService, observations: Observations, reading: Make
) -> None:
    assert await ids(service) == SEEN
    observations.observe([msgspec.structs.replace(reading(6), sensor_id="SENSOR_3")])
    assert (await service.patch("SENSOR_3", b'{"high": 9}')).last_value == 6.0
    assert await ids(service) == [*SEEN, "SENSOR_3"]


async def test_its_newest_reading_is_current_before_it_is_stored(
    service: SensorsService, observations: Observations, registrar: Registrar, reading: Make, clock: Clock
) -> None:
    observations.observe([reading(8), reading(2)])
    assert (await service.get_sensor("SENSOR_2")).last_value == 8.0
    await registrar.store(everything=True)
    restarted = SensorsService(service._database, Observations(), lambda: None, 60, clock)
    assert (await restarted.get_sensor("SENSOR_2")).last_value == 8.0


async def test_an_older_reading_than_stored_changes_nothing(
    service: SensorsService, database: Database, registrar: Registrar, reading: Make, clock: Clock
) -> None:
    late = Observations()
    late.observe([reading(2)])
    await Registrar(database, late).store(everything=True)
    assert (await SensorsService(database, late, lambda: None, 60, clock).get_sensor("SENSOR_2")).last_value == 5.0


@pytest.mark.usefixtures("registrar")
async def test_a_sensor_that_missed_three_of_its_intervals_is_offline(service: SensorsService, clock: Clock) -> None:
    await service.patch("SENSOR_1", b'{"expected_interval_s": 600}')
    clock.now += timedelta(seconds=200)
    assert await ids(service, status=["online"]) == ["SENSOR_1"]
    assert await ids(service, status=["offline"]) == ["SENSOR_0", "SENSOR_2"]


@pytest.mark.usefixtures("registrar")
async def test_what_people_say_is_published_when_it_changes(service: SensorsService, database: Database) -> None:
    body = SensorBody(name="Door", location="Roof", low=2.0, high=8.0, tags=("cold",))
    await service.replace("SENSOR_1", body)
    await service.replace("SENSOR_1", body)
    patched = await service.patch("SENSOR_1", b'{"high": 9, "low": null}')
    assert (patched.name, patched.location, patched.low, patched.high) == ("Door", "Roof", None, 9.0)
    assert [(one.sensor_id, one.low, one.high) for one in await published(database)] == [
        ("SENSOR_1", 2.0, 8.0),
        ("SENSOR_1", None, 9.0),
    ]
    assert await ids(service, tag=["cold"]) == ["SENSOR_1"]
    assert await ids(service, location=["Roof"]) == ["SENSOR_1"]
    assert await ids(service, location=["Tangier-Port"]) == ["SENSOR_0", "SENSOR_2"]


@pytest.mark.usefixtures("registrar")
async def test_what_somebody_else_changed_meanwhile_is_not_overwritten(service: SensorsService, clock: Clock) -> None:
    before = clock.now - timedelta(days=1)
    first = await service.patch("SENSOR_1", b'{"high": 9}', unchanged_since=before)
    assert first.updated_at is not None
    clock.now += timedelta(microseconds=1)
    second = await service.patch("SENSOR_1", b'{"high": 10}', unchanged_since=first.updated_at)
    for read in (before, first.updated_at):
        with pytest.raises(ConflictError, match=r"SENSOR_1 was changed at .* by somebody else"):
            await service.patch("SENSOR_1", b'{"high": 11}', unchanged_since=read)
    assert (await service.get_sensor("SENSOR_1")).high == second.high == 10


@pytest.mark.parametrize("body", [b'{"height": 3}', b'{"sensor_id": "B"}', b"[1]", b'{"low": "cold"}'])
@pytest.mark.usefixtures("registrar")
async def test_a_patch_that_makes_no_sense_is_refused(service: SensorsService, body: bytes) -> None:
    with pytest.raises(InvalidRequestError, match="body"):
        await service.patch("SENSOR_1", body)


async def test_a_sensor_that_is_not_there_is_named(service: SensorsService) -> None:
    with pytest.raises(NotFoundError, match="no sensor NOBODY"):
        await service.get_sensor("NOBODY")


async def test_a_thousand_sensors_are_imported_exported_and_the_same_again(
    service: SensorsService, database: Database
) -> None:
    lines = [f"S{number:04},Name {number},temperature,Roof,1.5,8,a;b,2026-01-15T09:00:00Z,10" for number in range(2500)]
    header = "sensor_id,name,sensor_type,location,low,high,tags,installed_at,expected_interval_s"
    content = "\n".join([header, *lines]).encode()
    assert (await service.import_csv(content)).model_dump() == {"sensors": 2500, "changed": 2500}
    exported = "".join([part async for part in service.export_csv()])
    assert (await service.import_csv(exported.encode())).changed == 0
    assert len(await published(database)) == 2500
    pages = [await service.list_sensors(SensorsQuery(limit=1000))]
    while token := pages[-1].next_page_token:
        pages.append(await service.list_sensors(SensorsQuery(limit=1000, page_token=token)))
    assert [one.sensor_id for page in pages for one in page.sensors] == [
        *(f"S{number:04}" for number in range(2500)),
        *SEEN,
    ]


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (b"name\nx", "no sensor_id"),
        (b"sensor_id,colour\nA,red", "colour"),
        (b"sensor_id,low\nA,1\nB,cold\nA,2", "line 3.*line 4: A is there twice"),
        (b"sensor_id\n\xff", "UTF-8"),
        (b"sensor_id,name\nA", "fields"),
    ],
)
async def test_a_file_with_faults_changes_nothing_and_names_their_lines(
    service: SensorsService, content: bytes, names: str
) -> None:
    with pytest.raises(InvalidRequestError, match=names):
        await service.import_csv(content)
    assert await ids(service) == SEEN
