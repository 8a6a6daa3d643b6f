"""Mean and standard deviation against exact fractions, wherever doubles are at their worst."""

import asyncio
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iot_contracts.readings import MAX_VALUE
from query_api.engines.duckdb import DuckDbEngine
from query_api.stats.schemas import StatsAnswer, StatsQuery, StatsRow
from query_api.stats.service import StatsService
from query_api.table.file_cache import FileCache
from query_api.table.state import TableState
from query_api.view.view import View

Figures = Callable[..., list[StatsRow]]
LARGEST = 1.7e308


@pytest.fixture
def figures(folder: Path, state: Callable[..., TableState], table: Callable[..., pa.Table]) -> Iterator[Figures]:
    """The statistics of values; those of each sensor, when several lists are given."""

    def no_fetch(_location: str, _target: Path) -> int:
        raise AssertionError("nothing is fetched in these tests")

    limits = {"threads": 2, "memory_limit_mb": 128, "max_concurrent": 1, "max_waiting": 1, "time_limit_s": 30}
    engine = DuckDbEngine(FileCache(folder, max_bytes=0, fetch=no_fetch), **limits)
    engine.open()
    service, [segment] = StatsService(engine), state([0], {0: 1}).recent
    with asyncio.Runner() as runner:

        def stats(*groups: list[float]) -> list[StatsRow]:
            rows = table([0] * sum(map(len, groups)))
            rows = rows.set_column(4, "value", pa.array([value for values in groups for value in values], pa.float64()))
            sensors = [f"S{number}" for number, values in enumerate(groups) for _ in values]
            rows = rows.set_column(1, "sensor_id", pa.array(sensors))
            view = View(replace(state([], {0: 1}), recent=(replace(segment, table=rows),)))
            query = StatsQuery.model_validate({"group_by": ["sensor_id"] if len(groups) > 1 else []})
            return StatsAnswer.model_validate_json(runner.run(service.stats(view, query))).rows

        yield stats
    engine.close()


def exact(values: list[float]) -> tuple[Fraction, float]:
    """Mean and sample standard deviation."""
    numbers = [Fraction(value) for value in values]
    mean = sum(numbers, Fraction()) / len(numbers)
    variance = sum((number - mean) ** 2 for number in numbers) / (len(numbers) - 1)
    scale = Fraction(max(map(abs, numbers)) or 1)
    return mean, float(scale) * math.sqrt(variance / scale**2)


def assert_exact(row: StatsRow, values: list[float]) -> None:
    mean, stddev = exact(values)
    assert row.mean is not None
    tolerance = Fraction(1e-12) * max(map(Fraction, map(abs, values))) + Fraction(math.ulp(0.0))
    assert abs(Fraction(row.mean) - mean) <= tolerance
    assert row.stddev == pytest.approx(stddev, rel=1e-12, abs=math.ulp(0.0))


bounded = st.floats(-MAX_VALUE, MAX_VALUE)
anywhere = st.lists(bounded, min_size=2, max_size=30)
of_one_size = st.integers(-300, 99).flatmap(
    lambda power: st.lists(st.floats(-10, 10).map(lambda value: value * 10.0**power), min_size=2, max_size=30)
)
close_together = st.tuples(
    st.sampled_from([1e9, -1e15, 1.7e18, MAX_VALUE, 1e-290]), st.lists(st.integers(-50, 50), min_size=2, max_size=30)
).map(lambda pair: [pair[0] + step * math.ulp(pair[0]) for step in pair[1]])


def test_the_figures_of_any_bounded_values_are_exact(figures: Figures) -> None:
    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(anywhere | of_one_size | close_together)
    def holds(values: list[float]) -> None:
        [row] = figures(values)
        assert_exact(row, values)
        assert not row.overflow

    holds()


@pytest.mark.parametrize(
    "values",
    [
        [LARGEST, LARGEST],
        [LARGEST, LARGEST / 3, 21.5],
        [1e160, 3e160],
        [1e200, -1e200],
        [1e-170, 3e-170],
        [5e-324, 1e-323],
        [1e9 + 1e-6, 1e9 + 2e-6, 1e9 + 3e-6],
        [4.356253825512374e20, 4.3562531827112955e20],
        [1e8, 1e8, 1e8 + 100],
        [MAX_VALUE, -MAX_VALUE, 1.0],
    ],
)
def test_values_that_squares_cannot_hold_have_exact_figures_all_the_same(figures: Figures, values: list[float]) -> None:
    [row] = figures(values)
    assert_exact(row, values)


def test_a_deviation_that_no_double_holds_is_said_to_overflow_and_spoils_no_other_group(figures: Figures) -> None:
    overflowing, ordinary, alone = figures([LARGEST, -LARGEST], [20.0, 22.0], [LARGEST])
    assert (overflowing.mean, overflowing.stddev, overflowing.overflow) == (0.0, None, True)
    assert (ordinary.mean, ordinary.stddev, ordinary.overflow) == (21.0, math.sqrt(2), False)
    assert (alone.mean, alone.stddev) == (LARGEST, None)


def test_a_hundred_thousand_values_close_together_are_exact(figures: Figures) -> None:
    values = [1e9 + (number * 7919 % 10_007) * 1e-7 for number in range(100_000)]
    [row] = figures(values)
    assert_exact(row, values)


def test_values_that_are_all_the_same_have_that_mean_and_no_deviation(figures: Figures) -> None:
    [row] = figures([0.1] * 1000)
    assert (row.mean, row.stddev) == (0.1, 0.0)
