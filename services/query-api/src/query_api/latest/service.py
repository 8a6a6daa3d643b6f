"""Each sensor's newest reading in a view, by event time and not by arrival."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from query_api.engines.partials import Question, merged_rows, named, within
from query_api.engines.protocol import Engine, Row
from query_api.latest.schemas import COLUMNS, LatestQuery
from query_api.provenance import snapshot_answer
from query_api.view.layers import Plan, Span, plan_layers
from query_api.view.parts import Source
from query_api.view.view import View

_HOUR: Final = timedelta(hours=1)


class LatestService:
    """Finds the newest readings with the engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def latest(self, view: View, query: LatestQuery) -> bytes:
        """The answer as JSON (a LatestAnswer), encoded in a thread."""
        as_of = datetime.now(UTC)
        spans = await self._spans(view, query)
        rows = await self._engine.layered_rows(
            view,
            Source.ALL,
            Plan((), tuple(spans)),
            lambda readings, _: latest_statement(readings, query, spans),
            query.needed(),
        )
        return await asyncio.to_thread(_encode, rows, view, as_of)

    async def _spans(self, view: View, query: LatestQuery) -> list[Span]:
        """Where the newest readings lie. Rollups know when each sensor's was, so that a long history is not read."""
        needed = query.needed()
        plan = plan_layers(view.table, needed)
        if not plan.layers:
            return [(query.from_, query.to)]
        question = Question(named("sensor_id"), query.names, (query.from_, query.to))

        def newest(readings: sa.FromClause, rollups: Sequence[sa.FromClause]) -> sa.Select[Any]:
            rows = merged_rows(readings, rollups, plan, question).c
            return sa.select(rows.last_at).order_by(rows.last_at.desc()).limit(query.limit)

        rows = await self._engine.layered_rows(view, Source.ALL, plan, newest, needed)
        return hour_spans([at for (at,) in rows])


def hour_spans(times: Sequence[datetime], max_spans: int = 20) -> list[Span]:
    """The hours of these times, neighbours as one span, newest first; past `max_spans` the oldest are one. Pure."""
    spans: list[tuple[datetime, datetime]] = []
    for begin in sorted({time.replace(minute=0, second=0, microsecond=0) for time in times}, reverse=True):
        if spans and (spans[-1][0] == begin + _HOUR or len(spans) == max_spans):
            spans[-1] = (begin, spans[-1][1])
        else:
            spans.append((begin, begin + _HOUR))
    return list(spans)


def latest_statement(readings: sa.FromClause, query: LatestQuery, spans: Sequence[Span]) -> sa.Select[Any]:
    """Per sensor the greatest row of COLUMNS in `spans`; of the same instant, the one with the greatest id."""
    newest = sa.func.max(sa.func.row(*(readings.c[name] for name in COLUMNS)))
    in_spans = sa.or_(sa.false(), *(sa.and_(*within(readings.c.event_timestamp, span)) for span in spans))
    per_sensor = (
        sa.select(
            newest.label("newest"),
            sa.func.max(readings.c.event_timestamp).label("at"),
            readings.c.sensor_id.label("id"),
        )
        .where(*query.conditions(readings), in_spans)
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
