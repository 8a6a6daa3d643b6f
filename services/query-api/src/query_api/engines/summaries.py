"""Views of SQL that rollups serve: readings by hour and by minute, up to this moment. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from query_api.engines.dialect import DuckDbDialect
from query_api.engines.partials import Question, merged_rows
from query_api.table.data_files import Needed
from query_api.view.layers import Plan, layered_parts, plan_layers
from query_api.view.parts import Parts, Source
from query_api.view.view import View

UNITS: Final = {"hourly": ("hour", 3600), "minutely": ("minute", 60)}
"""View → its column of time, and how wide a row of it is in seconds."""
_SERIES: Final = ("sensor_type", "location", "sensor_id", "unit")


@dataclass(frozen=True)
class Summary:
    """A view, which rollup serves it, and what it reads: that rollup, and readings that it does not hold."""

    name: str
    plan: Plan
    parts: Parts


def summaries_of(view: View, names: Sequence[str]) -> list[Summary]:
    """The views of these names over everything that there is."""
    found = []
    for name in names:
        plan = plan_layers(view.table, Needed(), UNITS[name][1])
        found.append(Summary(name, plan, layered_parts(view, Source.ALL, plan, Needed())))
    return found


def without_rollups(parts: Parts, names: Sequence[str]) -> list[Summary]:
    """The views of these names over readings alone."""
    return [Summary(name, Plan((), ()), parts) for name in names]


def definition(summary: Summary, readings: sa.FromClause, rollups: Sequence[sa.FromClause]) -> str:
    """The view as one SELECT over its readings, and over the rollups of its plan."""
    unit, width_s = UNITS[summary.name]
    is_ready = all(layer.rollup.width_s == width_s for layer in summary.plan.layers)

    def keys(relation: sa.FromClause, time: sa.ColumnElement[Any]) -> list[sa.ColumnElement[Any]]:
        begin = time if is_ready and relation is not readings else sa.func.date_trunc(unit, time)
        return [begin.label(unit), *(relation.c[name].label(name) for name in _SERIES)]

    merged = merged_rows(readings, rollups, summary.plan, Question(keys, lambda _: [], (None, None))).c
    names = (unit, *_SERIES, "readings", "mean", "min", "max", "anomalies")
    statement = sa.select(*(merged[name] for name in names), merged.battery_level.label("battery"))
    return str(statement.compile(dialect=DuckDbDialect(), compile_kwargs={"literal_binds": True}))
