"""Each sensor's newest reading in a view, by event time and not by arrival."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from query_api.engines.protocol import Engine, Row
from query_api.latest.schemas import COLUMNS, LatestQuery
from query_api.provenance import snapshot_answer
from query_api.view.parts import Source
from query_api.view.view import View


class LatestService:
    """Finds the newest readings with the engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def latest(self, view: View, query: LatestQuery) -> bytes:
        """The answer as JSON (a LatestAnswer), encoded in a thread."""
        as_of = datetime.now(UTC)
        rows = await self._engine.rows(
            view, Source.ALL, lambda readings: latest_statement(readings, query), query.needed()
        )
        return await asyncio.to_thread(_encode, rows, view, as_of)


def latest_statement(readings: sa.FromClause, query: LatestQuery) -> sa.Select[Any]:
    """Per sensor the greatest row of COLUMNS; of the same instant, the one with the greatest id."""
    newest = sa.func.max(sa.func.row(*(readings.c[name] for name in COLUMNS)))
    per_sensor = (
        sa.select(
            newest.label("newest"),
            sa.func.max(readings.c.event_timestamp).label("at"),
            readings.c.sensor_id.label("id"),
        )
        .where(*query.conditions(readings))
        .group_by(readings.c.sensor_id)
        .subquery("per_sensor")
    )
    return sa.select(per_sensor.c.newest).order_by(per_sensor.c.at.desc(), per_sensor.c.id).limit(query.limit)


def _encode(rows: list[Row], view: View, as_of: datetime) -> bytes:
    snapshot = snapshot_answer(view)
    return msgspec.json.encode(
        {
            "rows": [dict(zip(COLUMNS, newest, strict=True)) for (newest,) in rows],
            "as_of": as_of,
            "snapshot": None if snapshot is None else snapshot.model_dump(),
            "complete": view.tail_is_complete,
        }
    )
