"""Single readings of one view, newest first."""

import asyncio

import msgspec
import sqlalchemy as sa

from query_api.lakehouse.columns import SOURCE_COLUMN
from query_api.lakehouse.engine import Engine, Row
from query_api.lakehouse.parts import parts_of
from query_api.lakehouse.view import View
from query_api.provenance import snapshot_answer, tail_answer
from query_api.readings.schemas import ReadingRow, ReadingsQuery

_COLUMNS = tuple("event_timestamp" if name == "timestamp" else name for name in ReadingRow.__struct_fields__)


class ReadingsService:
    """Finds readings with the engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def readings(self, view: View, query: ReadingsQuery) -> bytes:
        """The answer as JSON (a ReadingsAnswer), encoded in a thread: 10,000 readings would hold up the loop."""
        rows = await self._engine.rows(
            parts_of(view, query.source), lambda readings: readings_statement(readings, query), query.needed()
        )
        return await asyncio.to_thread(_encode, rows, view, query)


def readings_statement(readings: sa.FromClause, query: ReadingsQuery) -> sa.Select[tuple[object, ...]]:
    """The newest readings by event time; of the same instant, in the order of their ids and sensors."""
    return (
        sa.select(*(readings.c[name] for name in _COLUMNS))
        .where(*query.conditions(readings))
        .order_by(readings.c.event_timestamp.desc(), readings.c.reading_id.desc(), readings.c.sensor_id)
        .limit(query.limit)
    )


def _encode(rows: list[Row], view: View, query: ReadingsQuery) -> bytes:
    from_tail = sum(row[_COLUMNS.index(SOURCE_COLUMN)] == "tail" for row in rows)
    snapshot = snapshot_answer(view)
    return msgspec.json.encode(
        {
            "readings": [ReadingRow(*row) for row in rows],
            "snapshot": None if snapshot is None else snapshot.model_dump(),
            "tail": tail_answer(view, query.source, from_tail).model_dump(),
        }
    )
