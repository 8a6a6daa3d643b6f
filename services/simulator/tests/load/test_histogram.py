from hypothesis import given
from hypothesis import strategies as st

from simulator.load.histogram import HIGHEST_US, Histogram


@given(st.lists(st.integers(0, HIGHEST_US), min_size=1, max_size=30), st.sampled_from([1, 50, 99, 99.9, 100]))
def test_a_percentile_is_the_nearest_rank_to_three_digits(values: list[int], percent: float) -> None:
    halves = Histogram(), Histogram()
    for number, value in enumerate(values):
        halves[number % 2].record(value)
    halves[0].add(halves[1])
    rank = max(1, -int(-len(values) * percent // 100))
    exact = sorted(values)[rank - 1]
    assert exact <= halves[0].percentile_us(percent) <= exact * (1 + 1 / 1024)
    assert halves[0].count == len(values)
