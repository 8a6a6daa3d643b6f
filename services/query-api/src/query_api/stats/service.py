"""Statistics over one view."""

import asyncio
import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from query_api.engines.dialect import mean, percentiles
from query_api.engines.partials import Question, bucket_of, merged_figures
from query_api.engines.protocol import Engine
from query_api.provenance import plan_answer, snapshot_answer, tail_answer
from query_api.stats.precision import is_doubtful, precise_statement
from query_api.stats.schemas import WIDTHS_S, StatsQuery
from query_api.table.columns import SOURCE_COLUMN
from query_api.view.layers import Plan, plan_layers
from query_api.view.view import View

_FIGURES = ("count", "mean", "min", "max", "stddev", "anomalies")
_PERCENTILES: Final = ("percentiles",)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NOTHING: Final = (0, 0, None, None, None, None, 0)
"""The one row without groups, where no reading is; partial figures have none."""


class StatsService:
    """Computes statistics with the engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def stats(self, view: View, query: StatsQuery) -> bytes:
        """The statistics that `query` asks for, of `view`, as JSON (a StatsAnswer), encoded in a thread."""
        as_of = datetime.now(UTC)
        source, needed, keys = query.source, query.needed(), len(query.group_by)
        plan = _plan(view, query)
        statement = partial(_layered, plan, query) if plan.layers else partial(_of_readings, query)
        found = await self._engine.layered_rows(view, source, plan, statement, needed)
        names = (*query.group_by, *_FIGURES, *_PERCENTILES[: bool(query.percentiles)])
        nothing = (*_NOTHING, None) if query.percentiles else _NOTHING
        rows = found[: query.limit] or ([] if keys else [nothing])
        groups = {row[1 : keys + 1]: dict(zip(names, row[1:], strict=True)) for row in rows}
        if any(is_doubtful(group["min"], group["max"], group["stddev"]) for group in groups.values()):
            for row in await self._engine.rows(view, source, lambda readings: _precise(readings, query), needed):
                if row[:keys] in groups:
                    groups[row[:keys]] |= {"mean": row[keys], "stddev": row[keys + 1]}
        snapshot = snapshot_answer(view)
        provenance = {
            "truncated": len(found) > query.limit,
            "as_of": as_of,
            "snapshot": None if snapshot is None else snapshot.model_dump(),
            "tail": tail_answer(view, query.source, sum(row[0] for row in rows)).model_dump(),
            "plan": [layer.model_dump() for layer in plan_answer(view, source, plan, needed)],
        }
        return await asyncio.to_thread(_encode, groups.values(), query, provenance)


def _plan(view: View, query: StatsQuery) -> Plan:
    """Percentiles need every single reading; an hour or a day is made of whole buckets."""
    if query.percentiles:
        return Plan((), ((query.from_, query.to),))
    widths = [WIDTHS_S[key] for key in query.group_by if key in WIDTHS_S]
    return plan_layers(view.table, query.needed(), min(widths, default=None))


def _keys(query: StatsQuery, relation: sa.FromClause, time: sa.ColumnElement[Any]) -> list[sa.ColumnElement[Any]]:
    return [
        bucket_of(time, WIDTHS_S[key]).label(key) if key in WIDTHS_S else relation.c[key].label(key)
        for key in query.group_by
    ]


def _layered(
    plan: Plan, query: StatsQuery, readings: sa.FromClause, rollups: Sequence[sa.FromClause]
) -> sa.Select[Any]:
    question = Question(partial(_keys, query), query.names, (query.from_, query.to))
    return _ordered(merged_figures(readings, rollups, plan, question), query)


def _of_readings(query: StatsQuery, readings: sa.FromClause, _rollups: Sequence[sa.FromClause]) -> sa.Select[Any]:
    return _ordered(stats_statement(readings, query), query)


def _ordered(groups: sa.Select[Any], query: StatsQuery) -> sa.Select[Any]:
    """Readings of the tail, the keys and figures of one group too many, in the order that is asked for."""
    found = groups.subquery("groups").c
    keys = [found[key] for key in query.group_by]
    order: list[sa.ColumnElement[Any]] = []
    if query.order_by != "keys":
        figure = found[query.order_by.removeprefix("-")]
        order = [figure.desc().nulls_last() if query.order_by.startswith("-") else figure.asc().nulls_last()]
    names = (*_FIGURES, *_PERCENTILES[: bool(query.percentiles)])
    columns = [found.from_tail, *keys, *(found[name] for name in names)]
    return sa.select(*columns).order_by(*order, *keys).limit(query.limit + 1)


def _encode(groups: Iterable[dict[str, Any]], query: StatsQuery, provenance: dict[str, Any]) -> bytes:
    return msgspec.json.encode({"rows": [_row(group, query) for group in groups], **provenance})


def _row(group: dict[str, Any], query: StatsQuery) -> dict[str, Any]:
    """A StatsRow of a group."""
    if group["min"] is not None and group["min"] == group["max"]:
        group["mean"] = group["min"]
    for key in query.group_by:
        if key in WIDTHS_S:
            group[key] = _EPOCH + timedelta(microseconds=group[key])
    if query.percentiles and group["percentiles"] is not None:
        named = zip((f"{percent:g}" for percent in query.percentiles), group["percentiles"], strict=True)
        group["percentiles"] = dict(named)
    if group["stddev"] is not None and not math.isfinite(group["stddev"]):
        return group | {"stddev": None, "overflow": True}
    return group


def _precise(readings: sa.FromClause, query: StatsQuery) -> sa.Select[tuple[object, ...]]:
    return precise_statement(readings, _keys(query, readings, readings.c.event_timestamp), query.conditions(readings))


def stats_statement(readings: sa.FromClause, query: StatsQuery) -> sa.Select[Any]:
    """Group keys, the figures, and how many of the group's readings came from the tail."""
    keys = _keys(query, readings, readings.c.event_timestamp)
    value = readings.c.value
    figures: list[sa.ColumnElement[Any]] = [
        sa.func.count().label("count"),
        mean(value).label("mean"),
        sa.func.min(value).label("min"),
        sa.func.max(value).label("max"),
        sa.func.stddev_samp(value).label("stddev"),
        sa.func.count().filter(readings.c.detected_anomaly).label("anomalies"),
        sa.func.count().filter(readings.c[SOURCE_COLUMN] == "tail").label("from_tail"),
    ]
    if query.percentiles:
        figures.append(percentiles(value, query.percentiles).label("percentiles"))
    return sa.select(*keys, *figures).where(*query.conditions(readings)).group_by(*keys)
