"""The key figures, at a price that does not grow with the table: most of it is in the rollups."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa

from iot_contracts.alerts import CRITICAL_BATTERY_PERCENT, LOW_BATTERY_PERCENT
from query_api.engines.partials import Question, merged_rows, named
from query_api.engines.protocol import Engine
from query_api.provenance import snapshot_answer, tail_answer
from query_api.summary.schemas import (
    BatteryAnswer,
    BatteryRow,
    BatteryState,
    BatterySummary,
    SummaryAnswer,
    TypeSummary,
)
from query_api.summary.totals import (
    SensorTotals,
    Totals,
    batteries,
    battery_levels,
    count_by_location,
    count_by_type,
    sensors_by_type,
    sensors_since,
)
from query_api.table.data_files import EVERYTHING, Needed
from query_api.view.layers import Plan, plan_layers
from query_api.view.parts import Source
from query_api.view.view import View

_MINUTE = timedelta(seconds=60)
_DAY = timedelta(hours=24)
_ACTIVE = timedelta(minutes=5)
_DAYS_MAX_AGE_S = 10
"""Two days are read for it, so not with every summary."""


class SummaryService:
    """Computes the summary at most once in `max_age_ms`, for all that ask meanwhile."""

    def __init__(self, engine: Engine, *, max_age_ms: int) -> None:
        self._engine = engine
        self._max_age_s = max_age_ms / 1000
        self._one_at_a_time = asyncio.Lock()
        self._answer: SummaryAnswer | None = None
        self._answered_at = 0.0
        self._days = (0, 0, 0)
        self._days_counted_at: float | None = None

    async def summary(self, view: View) -> SummaryAnswer:
        """The summary of `view`, or of a view up to `max_age_ms` older."""
        as_of = datetime.now(UTC)  # before the wait: the view does not grow meanwhile
        async with self._one_at_a_time:
            age_s = time.monotonic() - self._answered_at
            if self._answer is None or age_s >= self._max_age_s:
                self._answer = await self._compute(view, as_of)
                self._answered_at = time.monotonic()
            return self._answer

    async def battery(self, view: View) -> BatteryAnswer:
        """Each sensor's latest known battery level in `view`, lowest first."""
        as_of = datetime.now(UTC)
        async with self._one_at_a_time:
            totals = await self._all_totals(view)
        return await asyncio.to_thread(_battery_answer, totals, view, as_of)

    async def _all_totals(self, view: View) -> Totals:
        plan = plan_layers(view.table, EVERYTHING)
        rows = await self._engine.layered_rows(view, Source.ALL, plan, partial(totals_statement, plan))
        return {row[:3]: SensorTotals(*row[3:]) for row in rows}

    async def _compute(self, view: View, as_of: datetime) -> SummaryAnswer:
        totals = await self._all_totals(view)
        last_minute = await self._last_minute(view)
        messages_24h, messages_24h_before, anomalies_24h = await self._two_days(view)
        levels = batteries(totals).values()
        mean_battery = sum(levels) / len(levels) if levels else None
        low_sensors = sum(level < LOW_BATTERY_PERCENT for level in levels)
        return SummaryAnswer(
            readings=sum(one.count for one in totals.values()),
            sensors=len({sensor_id for sensor_id, _, _ in totals}),
            readings_by_sensor_type=count_by_type(totals),
            readings_by_location=count_by_location(totals),
            last_reading_at=max((one.last_reading_at for one in totals.values()), default=None),
            readings_last_minute=last_minute,
            readings_per_second=last_minute / _MINUTE.total_seconds(),
            anomalies=sum(one.anomalies for one in totals.values()),
            battery=BatterySummary(
                average_percent=mean_battery,
                low_percent=LOW_BATTERY_PERCENT,
                low_sensors=low_sensors,
            ),
            sensors_total=len({sensor_id for sensor_id, _, _ in totals}),
            sensors_active=sensors_since(totals, as_of - _ACTIVE),
            by_type=[TypeSummary(sensor_type=name, sensors=n) for name, n in sensors_by_type(totals).items()],
            messages_24h=messages_24h,
            messages_24h_before=messages_24h_before,
            anomalies_24h=anomalies_24h,
            mean_battery=mean_battery,
            low_batteries=low_sensors,
            as_of=as_of,
            snapshot=snapshot_answer(view),
            tail=tail_answer(view, Source.ALL, sum(one.from_tail for one in totals.values())),
        )

    async def _last_minute(self, view: View) -> int:
        now = datetime.now(UTC)
        needed = Needed(start=now - _MINUTE, end=now)
        [(count,)] = await self._engine.rows(
            view, Source.ALL, lambda readings: _count_between(readings, needed), needed
        )
        return int(count)

    async def _two_days(self, view: View) -> tuple[int, int, int]:
        """Readings of the last 24 h, of the 24 h before, and anomalies of the last 24 h."""
        counted_at = time.monotonic()
        if self._days_counted_at is None or counted_at - self._days_counted_at >= _DAYS_MAX_AGE_S:
            now = datetime.now(UTC)
            before, _ = await self._counts(view, now - 2 * _DAY, now - _DAY)
            self._days = (*await self._counts(view, now - _DAY, now), before)
            self._days_counted_at = counted_at
        last, anomalies, before = self._days
        return last, before, anomalies

    async def _counts(self, view: View, start: datetime, end: datetime) -> tuple[int, int]:
        """Readings and anomalies between two event times."""
        needed = Needed(start=start, end=end)
        plan = plan_layers(view.table, needed)
        question = Question(named(), lambda _: [], (start, end))
        [(readings, anomalies)] = await self._engine.layered_rows(
            view, Source.ALL, plan, partial(_counts_statement, plan, question), needed
        )
        return readings or 0, anomalies or 0


def _battery_answer(totals: Totals, view: View, as_of: datetime) -> BatteryAnswer:
    levels = battery_levels(totals)
    rows = [
        BatteryRow(
            sensor_id=level.sensor_id,
            location=level.location,
            battery_level=level.percent,
            state=_battery_state(level.percent),
            event_timestamp=level.at,
        )
        for level in levels
    ]
    return BatteryAnswer(
        rows=rows,
        mean=sum(level.percent for level in levels) / len(levels) if levels else None,
        low=sum(row.state == "low" for row in rows),
        critical=sum(row.state == "critical" for row in rows),
        as_of=as_of,
        snapshot=snapshot_answer(view),
        complete=view.tail_is_complete,
    )


def _battery_state(percent: float) -> BatteryState:
    if percent < CRITICAL_BATTERY_PERCENT:
        return "critical"
    return "low" if percent < LOW_BATTERY_PERCENT else "ok"


def totals_statement(plan: Plan, readings: sa.FromClause, rollups: Sequence[sa.FromClause]) -> sa.Select[Any]:
    """Per sensor, type and location: the fields of SensorTotals."""
    names = ("sensor_id", "sensor_type", "location")
    question = Question(named(*names), lambda _: [], (None, None))
    rows = merged_rows(readings, rollups, plan, question).c
    figures = (rows.readings, rows.anomalies, rows.from_tail, rows.last_at, rows.battery_level, rows.battery_at)
    return sa.select(*(rows[name] for name in names), *figures)


def _counts_statement(
    plan: Plan, question: Question, readings: sa.FromClause, rollups: Sequence[sa.FromClause]
) -> sa.Select[Any]:
    rows = merged_rows(readings, rollups, plan, question).c
    return sa.select(sa.func.sum(rows.readings), sa.func.sum(rows.anomalies))


def _count_between(readings: sa.FromClause, needed: Needed) -> sa.Select[Any]:
    event_time = readings.c.event_timestamp
    return sa.select(sa.func.count()).where(event_time >= needed.start, event_time < needed.end)
