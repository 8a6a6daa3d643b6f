"""The key figures, at a price that does not grow with the table: cold files are added up once."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from query_api.lakehouse.columns import SOURCE_COLUMN
from query_api.lakehouse.data_files import Needed
from query_api.lakehouse.dialect import latest
from query_api.lakehouse.engine import Engine
from query_api.lakehouse.lake import ColdSegment
from query_api.lakehouse.parts import Parts, Source, parts_of
from query_api.lakehouse.view import View
from query_api.provenance import snapshot_answer, tail_answer
from query_api.summary.schemas import BatterySummary, SummaryAnswer
from query_api.summary.totals import SensorTotals, Totals, add, batteries, count_by_location, count_by_type

_MINUTE = timedelta(seconds=60)


class SummaryService:
    """Computes the summary at most once in `max_age_ms`, for all that ask meanwhile."""

    def __init__(self, engine: Engine, *, low_battery_percent: float, max_age_ms: int) -> None:
        self._engine = engine
        self._low_battery_percent = low_battery_percent
        self._max_age_s = max_age_ms / 1000
        self._one_at_a_time = asyncio.Lock()
        self._answer: SummaryAnswer | None = None
        self._answered_at = 0.0
        self._cold: frozenset[ColdSegment] = frozenset()
        self._cold_totals: Totals = {}

    async def summary(self, view: View) -> SummaryAnswer:
        """The summary of `view`, or of a view up to `max_age_ms` older."""
        async with self._one_at_a_time:
            age_s = time.monotonic() - self._answered_at
            if self._answer is None or age_s >= self._max_age_s:
                self._answer = await self._compute(view)
                self._answered_at = time.monotonic()
            return self._answer

    async def _compute(self, view: View) -> SummaryAnswer:
        parts = parts_of(view, Source.ALL)
        cold = await self._of_cold(frozenset(parts.cold))
        totals = add(cold, await self._totals(Parts(recent=parts.recent, tail=parts.tail)))
        last_minute = await self._last_minute(parts)
        levels = batteries(totals).values()
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
                average_percent=sum(levels) / len(levels) if levels else None,
                low_percent=self._low_battery_percent,
                low_sensors=sum(level < self._low_battery_percent for level in levels),
            ),
            snapshot=snapshot_answer(view),
            tail=tail_answer(view, Source.ALL, sum(one.from_tail for one in totals.values())),
        )

    async def _of_cold(self, cold: frozenset[ColdSegment]) -> Totals:
        """Totals of the cold segments; of those known already only what came in addition is read."""
        if not self._cold <= cold:
            self._cold, self._cold_totals = frozenset(), {}
        added = cold - self._cold
        if added:
            self._cold_totals = add(self._cold_totals, await self._totals(Parts(cold=list(added))))
            self._cold = cold
        return self._cold_totals

    async def _totals(self, parts: Parts) -> Totals:
        rows = await self._engine.rows(parts, totals_statement)
        return {row[:3]: SensorTotals(*row[3:]) for row in rows}

    async def _last_minute(self, parts: Parts) -> int:
        now = datetime.now(UTC)
        needed = Needed(start=now - _MINUTE, end=now)
        [(count,)] = await self._engine.rows(parts, lambda readings: _count_between(readings, needed), needed)
        return int(count)


def totals_statement(readings: sa.FromClause) -> sa.Select[Any]:
    """Per sensor, type and location: the fields of SensorTotals."""
    keys = (readings.c.sensor_id, readings.c.sensor_type, readings.c.location)
    event_time, battery = readings.c.event_timestamp, readings.c.battery_level
    return sa.select(
        *keys,
        sa.func.count(),
        sa.func.count().filter(readings.c.detected_anomaly),
        sa.func.count().filter(readings.c[SOURCE_COLUMN] == "tail"),
        sa.func.max(event_time),
        latest(battery, event_time).filter(battery.is_not(None)),
        sa.func.max(event_time).filter(battery.is_not(None)),
    ).group_by(*keys)


def _count_between(readings: sa.FromClause, needed: Needed) -> sa.Select[Any]:
    event_time = readings.c.event_timestamp
    return sa.select(sa.func.count()).where(event_time >= needed.start, event_time < needed.end)
