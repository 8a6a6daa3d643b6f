"""Statistics over one view."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

from query_api.engines.dialect import mean
from query_api.engines.partials import Question, merged_figures
from query_api.engines.protocol import Engine
from query_api.provenance import plan_answer, snapshot_answer, tail_answer
from query_api.stats.precision import is_doubtful, precise_statement
from query_api.stats.schemas import StatsAnswer, StatsQuery, StatsRow
from query_api.table.columns import SOURCE_COLUMN
from query_api.view.layers import Plan, plan_layers
from query_api.view.view import View

_FIGURES = ("count", "mean", "min", "max", "stddev", "anomalies")
_NOTHING = (0, None, None, None, None, 0, 0)
"""The one row without groups, where no reading is; partial figures have none."""


class StatsService:
    """Computes statistics with the engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def stats(self, view: View, query: StatsQuery) -> StatsAnswer:
        """The statistics that `query` asks for, of `view`."""
        as_of = datetime.now(UTC)
        source, needed, keys = query.source, query.needed(), len(query.group_by)
        plan = plan_layers(view.table, needed)
        if plan.layers:
            rows = await self._engine.layered_rows(view, source, plan, partial(_layered, plan, query), needed)
        else:
            rows = await self._engine.rows(view, source, lambda readings: stats_statement(readings, query), needed)
        names = (*query.group_by, *_FIGURES)
        rows = rows or ([] if keys else [_NOTHING])
        groups = {row[:keys]: dict(zip(names, row[:-1], strict=True)) for row in rows}
        if any(is_doubtful(group["min"], group["max"], group["stddev"]) for group in groups.values()):
            for row in await self._engine.rows(view, source, lambda readings: _precise(readings, query), needed):
                groups[row[:keys]] |= {"mean": row[keys], "stddev": row[keys + 1]}
        return StatsAnswer(
            rows=[_answer(group) for group in groups.values()],
            as_of=as_of,
            snapshot=snapshot_answer(view),
            tail=tail_answer(view, query.source, sum(row[-1] for row in rows)),
            plan=plan_answer(view, source, plan, needed),
        )


def _layered(
    plan: Plan, query: StatsQuery, readings: sa.FromClause, rollups: Sequence[sa.FromClause]
) -> sa.Select[Any]:
    question = Question(
        lambda relation, _: [relation.c[name].label(name) for name in query.group_by],
        query.names,
        (query.from_, query.to),
    )
    return merged_figures(readings, rollups, plan, question)


def _answer(group: dict[str, Any]) -> StatsRow:
    if group["min"] is not None and group["min"] == group["max"]:
        group["mean"] = group["min"]
    if group["stddev"] is not None and not math.isfinite(group["stddev"]):
        return StatsRow(**group | {"stddev": None, "overflow": True})
    return StatsRow(**group)


def _precise(readings: sa.FromClause, query: StatsQuery) -> sa.Select[tuple[object, ...]]:
    return precise_statement(readings, [readings.c[name] for name in query.group_by], query.conditions(readings))


def stats_statement(readings: sa.FromClause, query: StatsQuery) -> sa.Select[tuple[object, ...]]:
    """Group keys, the figures, and last how many of the group's readings came from the tail."""
    keys = [readings.c[name] for name in query.group_by]
    value = readings.c.value
    figures = (
        sa.func.count().label("count"),
        mean(value).label("mean"),
        sa.func.min(value).label("min"),
        sa.func.max(value).label("max"),
        sa.func.stddev_samp(value).label("stddev"),
        sa.func.count().filter(readings.c.detected_anomaly).label("anomalies"),
        sa.func.count().filter(readings.c[SOURCE_COLUMN] == "tail").label("from_tail"),
    )
    statement = sa.select(*keys, *figures).where(*query.conditions(readings))
    return statement.group_by(*keys).order_by(*keys) if keys else statement
