"""Sensors in PostgreSQL. Every function works in the transaction that it is given."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from iot_contracts.readings import Reading
from iot_contracts.sensors import Sensor
from iot_contracts.topics import IOT_SENSOR_REGISTRY
from query_api.database.models import OutboxMessage, SensorRow
from query_api.database.text import storable

CHUNK = 1000
_LOCK = 0x696F7473
"""Advisory lock of those who change the registry ("iots"): messages of a sensor are in the order of its changes."""


async def record_readings(session: AsyncSession, readings: Sequence[Reading]) -> None:
    """Store each sensor's newest reading; one that is not there is made. An older one than stored changes nothing."""
    rows = [
        {
            "sensor_id": one.sensor_id,
            "seen_type": one.sensor_type,
            "seen_location": storable(one.location),
            "unit": storable(one.unit),
            "first_seen": one.timestamp,
            "last_seen": one.timestamp,
            "last_value": one.value,
            "battery_level": one.battery_level,
        }
        # In one order, so that two processes do not wait for each other.
        for one in sorted(readings, key=lambda reading: reading.sensor_id)
    ]
    statement = insert(SensorRow).values(rows)
    new = statement.excluded
    changes = {name: new[name] for name in rows[0] if name not in ("sensor_id", "first_seen")}
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[SensorRow.sensor_id],
            set_={**changes, "first_seen": sa.func.coalesce(SensorRow.first_seen, new.first_seen)},
            where=sa.or_(SensorRow.last_seen.is_(None), SensorRow.last_seen < new.last_seen),
        )
    )


async def find_sensors(
    session: AsyncSession, conditions: Sequence[sa.ColumnElement[bool]], after: str, limit: int
) -> list[SensorRow]:
    """Sensors that match, by id, after an id."""
    statement = sa.select(SensorRow).where(SensorRow.sensor_id > after, *conditions)
    return list(await session.scalars(statement.order_by(SensorRow.sensor_id).limit(limit)))


async def get_sensor(session: AsyncSession, sensor_id: str) -> SensorRow | None:
    """One sensor."""
    return await session.get(SensorRow, sensor_id)


async def lock_registry(session: AsyncSession) -> None:
    """Have others who change the registry wait until this transaction ends."""
    await session.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


async def put_sensors(session: AsyncSession, sensors: Sequence[Sensor], now: datetime) -> int:
    """Store what people say of sensors, and decide their messages; returns how many are other than before."""
    changed = 0
    for start in range(0, len(sensors), CHUNK):
        chunk = sensors[start : start + CHUNK]
        found = await session.execute(
            sa.select(SensorRow.sensor_id, SensorRow.definition).where(
                SensorRow.sensor_id.in_([one.sensor_id for one in chunk])
            )
        )
        before = {row[0]: msgspec.convert(row[1], Sensor) for row in found if row[1] is not None}
        other = [one for one in chunk if before.get(one.sensor_id) != one]
        changed += len(other)
        if other:
            await _write(session, other, now)
    return changed


async def _write(session: AsyncSession, sensors: Sequence[Sensor], now: datetime) -> None:
    rows = [
        {"sensor_id": one.sensor_id, "definition": msgspec.to_builtins(one), "updated_at": now}
        for one in sorted(sensors, key=lambda sensor: sensor.sensor_id)
    ]
    statement = insert(SensorRow).values(rows)
    new = statement.excluded
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[SensorRow.sensor_id], set_={"definition": new.definition, "updated_at": new.updated_at}
        )
    )
    await session.execute(
        sa.insert(OutboxMessage),
        [
            {"topic": IOT_SENSOR_REGISTRY.name, "key": one.sensor_id, "value": msgspec.json.encode(one)}
            for one in sensors
        ],
    )
