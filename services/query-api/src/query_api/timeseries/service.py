"""Readings of one view in buckets of time."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from query_api.engines.dialect import mean
from query_api.engines.partials import Question, bucket_of, merged_rows
from query_api.engines.protocol import Engine, Row
from query_api.errors import QueryTooLargeError
from query_api.provenance import LayerAnswer, plan_answer, snapshot_answer, tail_answer
from query_api.table.columns import SOURCE_COLUMN
from query_api.timeseries.intervals import bucket_count, interval_s
from query_api.timeseries.schemas import COLUMNS, TimeseriesQuery
from query_api.view.layers import Plan, plan_layers
from query_api.view.view import View

MAX_ROWS: Final = 50_000
_TOO_LARGE = f"more than {MAX_ROWS} buckets: use a wider interval, a shorter range, or fewer series"
_NAMES: Final = ("sensor_id", "sensor_type", "location")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class TimeseriesService:
    """Computes time series with the engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def timeseries(self, view: View, query: TimeseriesQuery) -> bytes:
        """The answer as JSON (a TimeseriesAnswer), encoded in a thread. Raises QueryTooLargeError past MAX_ROWS."""
        as_of = datetime.now(UTC)
        query = query.resolved()
        start, end = query.from_, query.to
        assert start is not None  # noqa: S101 - it is resolved
        assert end is not None  # noqa: S101
        width = interval_s(query.interval, start, end, query.points)
        if query.fill == "null" and bucket_count(start, end, width) > MAX_ROWS:
            raise QueryTooLargeError(_TOO_LARGE)
        plan = plan_layers(view.table, query.needed(), width)
        if plan.layers:
            statement = partial(_layered, plan, query, width)
            rows = await self._engine.layered_rows(view, query.source, plan, statement, query.needed())
        else:
            rows = await self._engine.rows(
                view, query.source, lambda readings: timeseries_statement(readings, query, width), query.needed()
            )
        if len(rows) > MAX_ROWS:
            raise QueryTooLargeError(_TOO_LARGE)
        layers = plan_answer(view, query.source, plan, query.needed())
        return await asyncio.to_thread(_encode, rows, view, query, width, as_of, layers)


def _layered(
    plan: Plan, query: TimeseriesQuery, width_s: int, readings: sa.FromClause, rollups: Sequence[sa.FromClause]
) -> sa.Select[Any]:
    def keys(relation: sa.FromClause, time: sa.ColumnElement[Any]) -> Sequence[sa.ColumnElement[Any]]:
        group = relation.c[query.group_by] if query.group_by else sa.null()
        return group.label("name"), bucket_of(time, width_s)

    rows = merged_rows(readings, rollups, plan, Question(keys, query.names, (query.from_, query.to))).c
    figures = (rows.readings, rows.mean, rows.min, rows.max, rows.anomalies, rows.unit_min, rows.unit_max)
    return (
        sa.select(rows.name, rows.bucket, *figures, rows.from_tail).order_by(rows.name, rows.bucket).limit(MAX_ROWS + 1)
    )


def timeseries_statement(readings: sa.FromClause, query: TimeseriesQuery, width_s: int) -> sa.Select[Any]:
    """Group, bucket's begin in microseconds since the epoch, figures, lowest and highest unit, readings of the tail."""
    begin = bucket_of(readings.c.event_timestamp, width_s)
    group = readings.c[query.group_by] if query.group_by else sa.null()
    picked = (
        sa.select(
            group.label("name"), begin, readings.c.value, readings.c.unit, readings.c.detected_anomaly,
            readings.c[SOURCE_COLUMN],
        )
        .where(*query.conditions(readings))
        .subquery("picked")
    )  # fmt: skip
    value = picked.c.value
    return (
        sa.select(
            picked.c.name,
            picked.c.bucket,
            sa.func.count(),
            mean(value),
            sa.func.min(value),
            sa.func.max(value),
            sa.func.count().filter(picked.c.detected_anomaly),
            sa.func.min(picked.c.unit),
            sa.func.max(picked.c.unit),
            sa.func.count().filter(picked.c[SOURCE_COLUMN] == "tail"),
        )
        .group_by(picked.c.name, picked.c.bucket)
        .order_by(picked.c.name, picked.c.bucket)
        .limit(MAX_ROWS + 1)
    )


def _encode(
    rows: Sequence[Row],
    view: View,
    query: TimeseriesQuery,
    width_s: int,
    as_of: datetime,
    layers: Sequence[LayerAnswer],
) -> bytes:
    series: dict[str | None, list[Row]] = {} if query.group_by else {None: []}
    for row in rows:
        series.setdefault(row[0], []).append(row)
    if query.fill == "null" and len(series) * bucket_count(query.from_, query.to, width_s) > MAX_ROWS:  # type: ignore[arg-type] # filled in
        raise QueryTooLargeError(_TOO_LARGE)
    snapshot = snapshot_answer(view)
    return msgspec.json.encode(
        {
            "from": query.from_,
            "to": query.to,
            "interval_s": width_s,
            "columns": COLUMNS,
            "series": [_series(name, of_it, query, width_s) for name, of_it in series.items()],
            "as_of": as_of,
            "snapshot": None if snapshot is None else snapshot.model_dump(),
            "tail": tail_answer(view, query.source, sum(row[9] for row in rows)).model_dump(),
            "plan": [layer.model_dump() for layer in layers],
        }
    )


def _series(name: str | None, rows: Sequence[Row], query: TimeseriesQuery, width_s: int) -> dict[str, Any]:
    units = {unit for row in rows for unit in row[7:9]}
    buckets = {row[1]: [*row[2:7]] for row in rows}
    if query.fill == "null" and query.from_ is not None and query.to is not None:
        width = width_s * 1_000_000
        first = int(query.from_.timestamp() // width_s) * width
        begins = (first + number * width for number in range(bucket_count(query.from_, query.to, width_s)))
        buckets = {begin: buckets.get(begin, [0, None, None, None, 0]) for begin in begins}
    return {
        **{key: _only(key, name, query) for key in _NAMES},
        "unit": units.pop() if len(units) == 1 else None,
        "rows": [[_EPOCH + timedelta(microseconds=begin), *figures] for begin, figures in buckets.items()],
    }


def _only(key: str, name: str | None, query: TimeseriesQuery) -> str | None:
    if key == query.group_by:
        return name
    asked: list[str] = getattr(query, key)
    return asked[0] if len(asked) == 1 else None
