"""Lists sensors, and takes what people say of them."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from iot_contracts.sensors import Sensor
from query_api.database.clock import Now, utc_now
from query_api.database.connection import Database
from query_api.database.json_bodies import decode_body
from query_api.database.models import SensorRow
from query_api.errors import ConflictError, NotFoundError
from query_api.sensors import repository
from query_api.sensors.csv_files import format_header, format_sensors, parse_sensors
from query_api.sensors.observations import Observations, is_online
from query_api.sensors.registrar import store_readings
from query_api.sensors.schemas import ImportAnswer, SensorAnswer, SensorsAnswer, SensorsQuery, SensorStatus
from service_kit.problems import InvalidRequestError


class SensorsService:
    """Sensors in the database, with what memory knows to be newer; `wake` has the outbox published at once."""

    def __init__(
        self,
        database: Database,
        observations: Observations,
        wake: Callable[[], None],
        default_interval_s: float,
        now: Now = utc_now,
    ) -> None:
        self._database = database
        self._observations = observations
        self._wake = wake
        self._default_interval_s = default_interval_s
        self._now = now

    async def list_sensors(self, query: SensorsQuery) -> SensorsAnswer:
        """A page of sensors, by id."""
        conditions = conditions_of(query)
        found: list[SensorAnswer] = []
        after = query.page_token or ""
        await self._store_unknown()
        async with self._database.transaction() as session:
            while len(found) <= query.limit:
                rows = await repository.find_sensors(session, conditions, after, repository.CHUNK)
                answers = [self._answer(row) for row in rows]
                found += [one for one in answers if not query.status or one.status in query.status]
                if len(rows) < repository.CHUNK:
                    break
                after = rows[-1].sensor_id
        page = found[: query.limit]
        return SensorsAnswer(sensors=page, next_page_token=page[-1].sensor_id if len(found) > len(page) else None)

    async def get_sensor(self, sensor_id: str) -> SensorAnswer:
        """One sensor. Raises NotFoundError."""
        await self._store_unknown()
        async with self._database.transaction() as session:
            row = await repository.get_sensor(session, sensor_id)
        if row is None:
            raise NotFoundError(f"there is no sensor {sensor_id}; GET /v1/sensors lists those that there are")
        return self._answer(row)

    async def replace(self, sensor_id: str, body: Any) -> SensorAnswer:
        """Take what people say of a sensor as a whole; one that is not there is made."""
        return await self._put(_sensor(sensor_id, msgspec.to_builtins(body)))

    async def patch(self, sensor_id: str, body: bytes, unchanged_since: datetime | None = None) -> SensorAnswer:
        """Change some fields of what people say; null takes a field away.

        Raises NotFoundError, and ConflictError when people changed the sensor after `unchanged_since`.
        """
        changes = decode_body(body, dict[str, Any])
        if unknown := sorted(set(changes) - set(Sensor.__struct_fields__) | (set(changes) & {"sensor_id", "deleted"})):
            raise InvalidRequestError(f"body: unknown fields: {', '.join(unknown)[:200]}")
        await self._store_unknown()
        async with self._database.transaction() as session:
            await repository.lock_registry(session)
            row = await repository.get_sensor(session, sensor_id)
            if row is None:
                raise NotFoundError(f"there is no sensor {sensor_id}; PUT makes it")
            if unchanged_since is not None and row.updated_at is not None and row.updated_at > unchanged_since:
                changed_at = f"{row.updated_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
                raise ConflictError(f"{sensor_id} was changed at {changed_at} by somebody else; read it again first")
            merged = {**(row.definition or {}), **changes}
            sensor = _sensor(sensor_id, {name: value for name, value in merged.items() if value is not None})
            await repository.put_sensors(session, [sensor], self._now())
        self._wake()
        return await self.get_sensor(sensor_id)

    async def import_csv(self, content: bytes) -> ImportAnswer:
        """Take a file of sensors, all or nothing. Raises InvalidRequestError."""
        sensors = parse_sensors(content)
        async with self._database.transaction() as session:
            await repository.lock_registry(session)
            changed = await repository.put_sensors(session, sensors, self._now())
        self._wake()
        return ImportAnswer(sensors=len(sensors), changed=changed)

    async def export_csv(self) -> AsyncIterator[str]:
        """What people say of sensors, a line each, in parts."""
        yield format_header()
        async for sensors in self.registered():
            yield format_sensors(sensors)

    async def registered(self) -> AsyncIterator[list[Sensor]]:
        """What people say of sensors, in parts, by id."""
        after = ""
        while True:
            async with self._database.transaction() as session:
                rows = await repository.find_sensors(
                    session, [SensorRow.definition.is_not(None)], after, repository.CHUNK
                )
            if not rows:
                return
            yield [msgspec.convert(row.definition, Sensor) for row in rows]
            after = rows[-1].sensor_id

    async def _store_unknown(self) -> None:
        """Make the sensors whose first reading came since the registrar looked: it is in the answers at once."""
        await store_readings(self._database, self._observations, self._observations.unknown())

    async def _put(self, sensor: Sensor) -> SensorAnswer:
        async with self._database.transaction() as session:
            await repository.lock_registry(session)
            await repository.put_sensors(session, [sensor], self._now())
        self._wake()
        return await self.get_sensor(sensor.sensor_id)

    def _answer(self, row: SensorRow) -> SensorAnswer:
        """A row, with the newest reading from memory where that is newer."""
        said = msgspec.convert(row.definition or {"sensor_id": row.sensor_id}, Sensor)
        newest = self._observations.newest_of(row.sensor_id)
        is_newer = newest is not None and (row.last_seen is None or row.last_seen <= newest.timestamp)
        seen = newest if is_newer else None
        last_seen = seen.timestamp if seen else row.last_seen
        interval_s = said.expected_interval_s or self._default_interval_s
        online = SensorStatus.ONLINE if is_online(last_seen, interval_s, self._now()) else SensorStatus.OFFLINE
        return SensorAnswer(
            sensor_id=row.sensor_id,
            name=said.name,
            status=SensorStatus.NEVER_SEEN if last_seen is None else online,
            registered=row.definition is not None,
            sensor_type=said.sensor_type or (seen.sensor_type if seen else row.seen_type),
            location=said.location or (seen.location if seen else row.seen_location),
            unit=seen.unit if seen else row.unit,
            low=said.low,
            high=said.high,
            tags=said.tags,
            installed_at=said.installed_at,
            expected_interval_s=said.expected_interval_s,
            first_seen=row.first_seen,
            last_seen=last_seen,
            last_value=seen.value if seen else row.last_value,
            battery_level=seen.battery_level if seen else row.battery_level,
            updated_at=row.updated_at,
        )


def conditions_of(query: SensorsQuery) -> list[sa.ColumnElement[bool]]:
    """The filters of a request, but the status, as conditions."""
    conditions: list[sa.ColumnElement[bool]] = []
    for name, seen in (("sensor_type", SensorRow.seen_type), ("location", SensorRow.seen_location)):
        if values := getattr(query, name):
            said = sa.func.jsonb_extract_path_text(SensorRow.definition, name)
            conditions.append(sa.func.coalesce(said, seen).in_(values))
    if query.tag:
        tags = sa.func.jsonb_extract_path(SensorRow.definition, "tags")
        conditions.append(sa.or_(*(tags.op("?")(tag) for tag in query.tag)))
    return conditions


def _sensor(sensor_id: str, fields: dict[str, Any]) -> Sensor:
    try:
        return msgspec.convert({**fields, "sensor_id": sensor_id}, Sensor)
    except msgspec.ValidationError as error:
        raise InvalidRequestError(f"body: {error}") from error
