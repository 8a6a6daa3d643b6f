"""Mean and standard deviation where a plain pass over the values is not exact enough. Pure.

Engines update mean and M2 with each value (Welford 1962, merged as by Chan et al. 1983). That loses digits where values
lie close together far from zero, and overflows where their squares do, which values from before the bound of the
contract may. Such groups are asked for again: as deviations from the middle of their range, in a unit as large as
their largest value, so that neither can happen. The unit is a power of two: to divide by it changes no digit.
"""

import math
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from query_api.engines.dialect import mean

SAFE_FROM, SAFE_TO = 1e-100, 1e100
"""Sizes of the largest value of a group between which squares neither vanish nor overflow."""
CLOSE = 3e-4
"""A standard deviation below this share of the largest value may have lost more than a relative 1e-12."""
_SMALLEST = math.ulp(0.0)


def is_doubtful(low: float | None, high: float | None, stddev: float | None) -> bool:
    """Whether a group's figures need a second look. Without a spread they never do."""
    if low is None or high is None or stddev is None or low == high:
        return False
    largest = max(abs(low), abs(high))
    return not (SAFE_FROM <= largest <= SAFE_TO and stddev > CLOSE * largest)


def precise_statement(
    readings: sa.FromClause, keys: Sequence[sa.ColumnElement[Any]], conditions: Sequence[sa.ColumnElement[bool]]
) -> sa.Select[Any]:
    """Keys, mean and sample standard deviation (infinite when no double holds it) of the doubtful groups."""
    groups = _doubtful_groups(readings, keys, conditions).subquery("doubtful")
    unit, middle = groups.c.unit, groups.c.middle
    deviation = readings.c.value / unit - middle
    same_group = sa.and_(sa.true(), *(key == groups.c[key.name] for key in keys))
    return (
        sa.select(*keys, *((middle + mean(deviation)) * unit, sa.func.stddev_samp(deviation) * unit))
        .select_from(readings.join(groups, same_group))
        .where(*conditions)
        .group_by(*keys, unit, middle)
    )


def _doubtful_groups(
    readings: sa.FromClause, keys: Sequence[sa.ColumnElement[Any]], conditions: Sequence[sa.ColumnElement[bool]]
) -> sa.Select[Any]:
    low, high = sa.func.min(readings.c.value), sa.func.max(readings.c.value)
    largest = sa.func.greatest(sa.func.abs(low), sa.func.abs(high), _SMALLEST)
    unit = sa.func.pow(2.0, sa.func.floor(sa.func.log2(largest)))
    is_safe = sa.and_(largest.between(SAFE_FROM, SAFE_TO), sa.func.stddev_samp(readings.c.value) > CLOSE * largest)
    return (
        sa.select(*keys, *(unit.label("unit"), (low / unit / 2 + high / unit / 2).label("middle")))
        .where(*conditions)
        .group_by(*keys)
        .having(low < high, sa.not_(is_safe))
    )
