from statistics import correlation, stdev

import pytest

from simulator.fleet.slow_noise import blend, slow_noise

TIMES = range(0, 400 * 86_400, 3600)


@pytest.mark.parametrize("wanted", [0.0, 0.5, 0.9])
def test_sensors_of_one_place_are_correlated_as_much_as_asked(wanted: float) -> None:
    shared, own, other = (slow_noise(f"1:{key}") for key in ("place", "a", "b"))
    first = [blend(shared.at(t), own.at(t), wanted) for t in TIMES]
    second = [blend(shared.at(t), other.at(t), wanted) for t in TIMES]
    assert correlation(first, second) == pytest.approx(wanted, abs=0.1)
    assert stdev(first) == pytest.approx(1, abs=0.1)
