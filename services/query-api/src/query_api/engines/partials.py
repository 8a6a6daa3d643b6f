"""Partial figures of readings and rollups, merged. Pure.

Each row stands for some readings of a group: their number, mean, M2 (sum of squared deviations from that mean), lowest
and highest value. Groups are merged as by Chan, Golub and LeVeque (1983): about the group's own mean, never by sums of
squares, which lose digits.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from query_api.engines.dialect import exact_sum, latest, mean
from query_api.table.columns import SETTLED_COLUMN, SOURCE_COLUMN
from query_api.view.layers import Plan, Span

Keys = Callable[[sa.FromClause, sa.ColumnElement[Any]], Sequence[sa.ColumnElement[Any]]]
"""The labelled keys of a group, of readings or a rollup; the second is its column of event time."""
Conditions = Callable[[sa.FromClause], Sequence[sa.ColumnElement[bool]]]
"""Conditions on names, of readings or a rollup."""


class Question(NamedTuple):
    """What is asked of a plan's layers: by which keys, of which names, in which span of event time."""

    keys: Keys
    names: Conditions
    span: Span


def named(*names: str) -> Keys:
    """Groups by these columns, which readings and rollups both have."""
    return lambda relation, _time: [relation.c[name].label(name) for name in names]


def merged_figures(
    readings: sa.FromClause, rollups: Sequence[sa.FromClause], plan: Plan, question: Question
) -> sa.Select[Any]:
    """Keys, count, mean, min, max, sample standard deviation, anomalies, readings of the tail."""
    partial, keys = _partials(readings, rollups, plan, question, _SPREAD)
    count, total = _count_and_mean(partial)
    # Of partial means x with weights n about the mean M: sum n (x - M)^2 = rows (cov(x, n x) - M cov(x, n)). One pass,
    # and engines update covariances as they do variances: off by no more than these are (see stats/precision.py).
    of_rows = partial.c.readings * partial.c.mean
    between = sa.func.covar_pop(partial.c.mean, of_rows) - total * sa.func.covar_pop(partial.c.mean, partial.c.readings)
    squares = sa.func.greatest(exact_sum(partial.c.m2) + sa.func.count() * between, 0.0)
    return (
        sa.select(
            *keys, count.label("count"), total.label("mean"), sa.func.min(partial.c.min).label("min"),
            sa.func.max(partial.c.max).label("max"),
            sa.func.sqrt(squares / sa.func.nullif(count - 1, 0)).label("stddev"),
            *(one.label(name) for name, one in zip(_COUNTS, _sums(partial, *_COUNTS), strict=True)),
        )
        .group_by(*keys).having(sa.func.count() > 0)
    )  # fmt: skip


def merged_rows(
    readings: sa.FromClause, rollups: Sequence[sa.FromClause], plan: Plan, question: Question
) -> sa.Subquery:
    """By keys: readings, mean, min, max, anomalies, from_tail, units, newest event time, newest battery level."""
    partial, keys = _partials(readings, rollups, plan, question, _NEWEST)
    count, total = _count_and_mean(partial)
    anomalies, from_tail = _sums(partial, "anomalies", "from_tail")
    return (
        sa.select(
            *keys,
            count.label("readings"),
            total.label("mean"),
            sa.func.min(partial.c.min).label("min"),
            sa.func.max(partial.c.max).label("max"),
            anomalies.label("anomalies"),
            from_tail.label("from_tail"),
            sa.func.min(partial.c.unit_min).label("unit_min"),
            sa.func.max(partial.c.unit_max).label("unit_max"),
            sa.func.max(partial.c.last_at).label("last_at"),
            latest(partial.c.battery_level, partial.c.battery_at)
            .filter(partial.c.battery_at.is_not(None))
            .label("battery_level"),
            sa.func.max(partial.c.battery_at).label("battery_at"),
        )
        .group_by(*keys)
        .subquery("merged")
    )


def _count_and_mean(partial: sa.FromClause) -> tuple[sa.ColumnElement[int], sa.ColumnElement[float]]:
    count = sa.cast(sa.func.sum(partial.c.readings), sa.BigInteger())
    return count, exact_sum(partial.c.readings * partial.c.mean) / count


_COUNTS = ("anomalies", "from_tail")
_SPREAD = ("readings", "mean", "m2", "min", "max", *_COUNTS)
_NEWEST = ("readings", "mean", "min", "max", *_COUNTS, "unit_min", "unit_max", "last_at", "battery_level", "battery_at")


def _partials(
    readings: sa.FromClause, rollups: Sequence[sa.FromClause], plan: Plan, question: Question, figures: Sequence[str]
) -> tuple[sa.Subquery, list[sa.ColumnElement[Any]]]:
    """Partial rows with these figures, and their keys. What is not needed costs a millisecond to plan."""
    layers = (
        _of_rollup(rollup, layer.span, question, figures) for rollup, layer in zip(rollups, plan.layers, strict=True)
    )
    partial = sa.union_all(_of_readings(readings, plan, question, figures), *layers).subquery("partial")
    return partial, [column for column in partial.c if column.name not in figures]


def _of_readings(readings: sa.FromClause, plan: Plan, question: Question, figures: Sequence[str]) -> sa.Select[Any]:
    time, value, battery = readings.c.event_timestamp, readings.c.value, readings.c.battery_level
    keys = question.keys(readings, time)
    conditions = [*question.names(readings), *within(time, question.span)]
    conditions += [
        _not_in_rollup(readings, layer.span, layer.rollup.state.committed_offsets or {}) for layer in plan.layers
    ]
    known: dict[str, sa.ColumnElement[Any]] = {
        "readings": sa.func.count(),
        "mean": mean(value),
        "m2": sa.func.var_pop(value) * sa.func.count(),
        "min": sa.func.min(value),
        "max": sa.func.max(value),
        "anomalies": sa.func.count().filter(readings.c.detected_anomaly),
        "from_tail": sa.func.count().filter(readings.c[SOURCE_COLUMN] == "tail"),
        "unit_min": sa.func.min(readings.c.unit),
        "unit_max": sa.func.max(readings.c.unit),
        "last_at": sa.func.max(time),
        "battery_level": latest(battery, time).filter(battery.is_not(None)),
        "battery_at": sa.func.max(time).filter(battery.is_not(None)),
    }
    return (
        sa.select(*keys, *(known[name].label(name) for name in figures))
        .where(*conditions)
        .group_by(*keys)
        .having(sa.func.count() > 0)
    )


def _of_rollup(rollup: sa.FromClause, span: Span, question: Question, figures: Sequence[str]) -> sa.Select[Any]:
    otherwise = {"from_tail": sa.literal(0), "unit_min": rollup.c.unit, "unit_max": rollup.c.unit}
    return sa.select(
        *question.keys(rollup, rollup.c.bucket_start),
        *(otherwise[name].label(name) if name in otherwise else rollup.c[name] for name in figures),
    ).where(*question.names(rollup), *within(rollup.c.bucket_start, span))


def _not_in_rollup(readings: sa.FromClause, span: Span, reached: Any) -> sa.ColumnElement[bool]:
    """Whether a reading is outside of what the rollup serves, or past what it holds."""
    time = readings.c.event_timestamp
    outside = []
    if span[0] is not None:
        outside.append(time < span[0])
    if span[1] is not None:
        outside.append(time >= span[1])
    held = sa.case(dict(reached), value=readings.c.kafka_partition, else_=0)
    newer = sa.or_(readings.c[SOURCE_COLUMN] == "tail", readings.c.kafka_offset >= held)
    return sa.or_(*outside, sa.and_(sa.not_(readings.c[SETTLED_COLUMN]), newer))


def bucket_of(time: sa.ColumnElement[Any], width_s: int) -> sa.Label[int]:
    """Start of the bucket of `width_s` seconds, counted from the epoch, in microseconds since it; named `bucket`."""
    width: sa.ColumnElement[int] = sa.literal_column(str(width_s * 1_000_000), sa.BigInteger())
    micros = sa.func.epoch_us(time, type_=sa.BigInteger())
    return (micros - sa.func.mod(sa.func.mod(micros, width) + width, width)).label("bucket")


def within(time: sa.ColumnElement[Any], span: Span) -> list[sa.ColumnElement[bool]]:
    """Conditions for `time` to lie in the span; True alone where it is unbounded."""
    start, end = span
    conditions: list[sa.ColumnElement[bool]] = [sa.true()] if start is None else [time >= start]
    return conditions if end is None else [*conditions, time < end]


def _sums(partial: sa.FromClause, *names: str) -> list[sa.ColumnElement[int]]:
    return [sa.cast(sa.func.sum(partial.c[name]), sa.BigInteger()) for name in names]
