"""Single readings of one view, newest first."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec
import pyarrow as pa
import sqlalchemy as sa

from query_api.cursors import Place, page_token, place_of
from query_api.engines.protocol import Engine, Row
from query_api.media_types import JSON, table_rows
from query_api.provenance import snapshot_answer, tail_answer
from query_api.readings.schemas import ROW_COLUMNS, ReadingRow, ReadingsQuery
from query_api.table.columns import SOURCE_COLUMN
from query_api.table.data_files import Needed
from query_api.view.view import View

_ID_LENGTH: Final = 36
"""Characters of a UUID; the sensor follows it in a page's token."""


class Page(NamedTuple):
    """An answer's body, and the token of the next page."""

    content: bytes
    next_page_token: str | None


class ReadingsService:
    """Finds readings with the engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def readings(
        self, view: View, query: ReadingsQuery, *, media_type: str = JSON, anomalies_only: bool = False
    ) -> Page:
        """A page of readings in any form, encoded in a thread: 10,000 of them would hold up the loop.

        Raises InvalidRequestError for a token that is none.
        """
        after = None if query.page_token is None else place_of(query.page_token)

        def statement(readings: sa.FromClause) -> sa.Select[tuple[object, ...]]:
            every = readings_statement(readings, query, after)
            return every.where(readings.c.detected_anomaly) if anomalies_only else every

        as_of = datetime.now(UTC)
        needed = query.needed() if after is None else _up_to(after, query.needed())
        if media_type == JSON:
            rows = await self._engine.rows(view, query.source, statement, needed)
            return await asyncio.to_thread(_encode, rows, view, query, as_of)
        table = await self._engine.table(view, query.source, statement, needed)
        return await asyncio.to_thread(_encode_table, table, query, media_type)


def readings_statement(
    readings: sa.FromClause, query: ReadingsQuery, after: Place | None = None
) -> sa.Select[tuple[object, ...]]:
    """The newest readings by event time; of the same instant, in the order of their ids and sensors. One too many."""
    time, reading_id, sensor_id = readings.c.event_timestamp, readings.c.reading_id, readings.c.sensor_id
    conditions = query.conditions(readings)
    if after is not None:
        at, key = after
        last_id, last_sensor = key[:_ID_LENGTH], key[_ID_LENGTH:]
        same_id = sa.and_(reading_id == last_id, sensor_id > last_sensor)
        conditions.append(sa.or_(time < at, sa.and_(time == at, sa.or_(reading_id < last_id, same_id))))
    return (
        sa.select(*(readings.c[name] for name in ROW_COLUMNS))
        .where(*conditions)
        .order_by(time.desc(), reading_id.desc(), sensor_id)
        .limit(query.limit + 1)
    )


def _up_to(after: Place, needed: Needed) -> Needed:
    end = after[0] + timedelta(microseconds=1)
    return replace(needed, end=end if needed.end is None else min(end, needed.end))


def _token(row: Mapping[str, Any]) -> str:
    return page_token((row["event_timestamp"], row["reading_id"] + row["sensor_id"]))


def _encode_table(table: pa.Table, query: ReadingsQuery, media_type: str) -> Page:
    page = table.slice(0, query.limit)
    is_cut = table.num_rows > query.limit
    return Page(table_rows(page, media_type), _token(page.slice(query.limit - 1).to_pylist()[0]) if is_cut else None)


def _encode(rows: list[Row], view: View, query: ReadingsQuery, as_of: datetime) -> Page:
    page = rows[: query.limit]
    token = _token(dict(zip(ROW_COLUMNS, page[-1], strict=True))) if len(rows) > len(page) else None
    from_tail = sum(row[ROW_COLUMNS.index(SOURCE_COLUMN)] == "tail" for row in page)
    snapshot = snapshot_answer(view)
    content = msgspec.json.encode(
        {
            "readings": [ReadingRow(*row) for row in page],
            "next_page_token": token,
            "as_of": as_of,
            "snapshot": None if snapshot is None else snapshot.model_dump(),
            "tail": tail_answer(view, query.source, from_tail).model_dump(),
        }
    )
    return Page(content, token)
