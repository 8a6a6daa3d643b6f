"""Statistics over one view."""

import sqlalchemy as sa

from query_api.lakehouse.columns import SOURCE_COLUMN
from query_api.lakehouse.dialect import mean
from query_api.lakehouse.engine import Engine
from query_api.lakehouse.parts import parts_of
from query_api.lakehouse.view import View
from query_api.provenance import snapshot_answer, tail_answer
from query_api.stats.schemas import StatsAnswer, StatsQuery, StatsRow

_FIGURES = ("count", "mean", "min", "max", "stddev", "anomalies")


class StatsService:
    """Computes statistics with the engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def stats(self, view: View, query: StatsQuery) -> StatsAnswer:
        """The statistics that `query` asks for, of `view`."""
        rows = await self._engine.rows(
            parts_of(view, query.source), lambda readings: stats_statement(readings, query), query.needed()
        )
        names = (*query.group_by, *_FIGURES)
        return StatsAnswer(
            rows=[StatsRow(**dict(zip(names, row[:-1], strict=True))) for row in rows],
            snapshot=snapshot_answer(view),
            tail=tail_answer(view, query.source, sum(row[-1] for row in rows)),
        )


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
