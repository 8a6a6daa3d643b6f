"""Figures of each location in a view."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

from query_api.engines.dialect import mean
from query_api.engines.partials import Question, merged_rows, named
from query_api.engines.protocol import Engine
from query_api.locations.schemas import LocationRow, LocationsAnswer
from query_api.provenance import plan_answer, snapshot_answer, tail_answer
from query_api.selection import Selection
from query_api.view.layers import Plan, plan_layers
from query_api.view.parts import Source
from query_api.view.view import View


class LocationsService:
    """Computes the figures with the engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def locations(self, view: View, selection: Selection) -> LocationsAnswer:
        """Each location's figures over the readings of `selection`."""
        as_of = datetime.now(UTC)
        needed = selection.needed()
        plan = plan_layers(view.table, needed)
        rows = await self._engine.layered_rows(
            view, Source.ALL, plan, partial(locations_statement, plan, selection), needed
        )
        return LocationsAnswer(
            rows=[LocationRow(**dict(zip(LocationRow.model_fields, row[:-1], strict=True))) for row in rows],
            as_of=as_of,
            snapshot=snapshot_answer(view),
            tail=tail_answer(view, Source.ALL, sum(row[-1] for row in rows)),
            plan=plan_answer(view, Source.ALL, plan, needed),
        )


def locations_statement(
    plan: Plan, selection: Selection, readings: sa.FromClause, rollups: Sequence[sa.FromClause]
) -> sa.Select[Any]:
    """The fields of LocationRow, and how many readings came from the tail."""
    question = Question(named("location", "sensor_id"), selection.names, (selection.from_, selection.to))
    sensor = merged_rows(readings, rollups, plan, question).c
    sums = [sa.cast(sa.func.sum(sensor[name]), sa.BigInteger()) for name in ("readings", "anomalies", "from_tail")]
    return (
        sa.select(
            sensor.location, sa.func.count(), sums[0], sums[1], mean(sensor.battery_level),
            sa.func.max(sensor.last_at), sums[2],
        )
        .group_by(sensor.location)
        .order_by(sensor.location)
    )  # fmt: skip
