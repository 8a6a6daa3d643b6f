"""Single readings of one view, newest first."""

import asyncio
from datetime import UTC, datetime

import msgspec
import sqlalchemy as sa

from query_api.engines.protocol import Engine, Row
from query_api.provenance import snapshot_answer, tail_answer
from query_api.readings.schemas import ROW_COLUMNS, ReadingRow, ReadingsQuery
from query_api.table.columns import SOURCE_COLUMN
from query_api.view.view import View


class ReadingsService:
    """Finds readings with the engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def readings(self, view: View, query: ReadingsQuery, *, anomalies_only: bool = False) -> bytes:
        """The answer as JSON (a ReadingsAnswer), encoded in a thread: 10,000 readings would hold up the loop."""

        def statement(readings: sa.FromClause) -> sa.Select[tuple[object, ...]]:
            every = readings_statement(readings, query)
            return every.where(readings.c.detected_anomaly) if anomalies_only else every

        as_of = datetime.now(UTC)
        rows = await self._engine.rows(view, query.source, statement, query.needed())
        return await asyncio.to_thread(_encode, rows, view, query, as_of)


def readings_statement(readings: sa.FromClause, query: ReadingsQuery) -> sa.Select[tuple[object, ...]]:
    """The newest readings by event time; of the same instant, in the order of their ids and sensors."""
    return (
        sa.select(*(readings.c[name] for name in ROW_COLUMNS))
        .where(*query.conditions(readings))
        .order_by(readings.c.event_timestamp.desc(), readings.c.reading_id.desc(), readings.c.sensor_id)
        .limit(query.limit)
    )


def _encode(rows: list[Row], view: View, query: ReadingsQuery, as_of: datetime) -> bytes:
    from_tail = sum(row[ROW_COLUMNS.index(SOURCE_COLUMN)] == "tail" for row in rows)
    snapshot = snapshot_answer(view)
    return msgspec.json.encode(
        {
            "readings": [ReadingRow(*row) for row in rows],
            "as_of": as_of,
            "snapshot": None if snapshot is None else snapshot.model_dump(),
            "tail": tail_answer(view, query.source, from_tail).model_dump(),
        }
    )
