"""Figures of each location in a view."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from query_api.engines.dialect import latest
from query_api.engines.protocol import Engine
from query_api.locations.schemas import LocationRow, LocationsAnswer
from query_api.provenance import snapshot_answer, tail_answer
from query_api.selection import Selection
from query_api.table.columns import SOURCE_COLUMN
from query_api.view.parts import Source
from query_api.view.view import View


class LocationsService:
    """Computes the figures with the engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def locations(self, view: View, selection: Selection) -> LocationsAnswer:
        """Each location's figures over the readings of `selection`."""
        as_of = datetime.now(UTC)
        rows = await self._engine.rows(
            view, Source.ALL, lambda readings: locations_statement(readings, selection), selection.needed()
        )
        return LocationsAnswer(
            rows=[LocationRow(**dict(zip(LocationRow.model_fields, row[:-1], strict=True))) for row in rows],
            as_of=as_of,
            snapshot=snapshot_answer(view),
            tail=tail_answer(view, Source.ALL, sum(row[-1] for row in rows)),
        )


def locations_statement(readings: sa.FromClause, selection: Selection) -> sa.Select[Any]:
    """The fields of LocationRow, and how many readings came from the tail."""
    event_time, battery = readings.c.event_timestamp, readings.c.battery_level
    sensor = (
        sa.select(
            readings.c.location,
            readings.c.sensor_id,
            sa.func.count().label("readings"),
            sa.func.count().filter(readings.c.detected_anomaly).label("anomalies"),
            latest(battery, event_time).filter(battery.is_not(None)).label("battery"),
            sa.func.max(event_time).label("last_seen"),
            sa.func.count().filter(readings.c[SOURCE_COLUMN] == "tail").label("from_tail"),
        )
        .where(*selection.conditions(readings))
        .group_by(readings.c.location, readings.c.sensor_id)
        .subquery("sensor")
    )
    sums = [sa.cast(sa.func.sum(sensor.c[name]), sa.BigInteger()) for name in ("readings", "anomalies", "from_tail")]
    return (
        sa.select(
            sensor.c.location, sa.func.count(), sums[0], sums[1], sa.func.avg(sensor.c.battery),
            sa.func.max(sensor.c.last_seen), sums[2],
        )
        .group_by(sensor.c.location)
        .order_by(sensor.c.location)
    )  # fmt: skip
