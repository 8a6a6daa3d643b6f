"""How fast a counter grows."""

import pytest

from dashboard.pipeline.rates import LEAST_WATCH_S, WINDOW_S, RateMeter


def look_often(meter: RateMeter, per_s: float, began: float, ended: float, value: float = 0.0) -> float | None:
    """Look every second at a counter that grows evenly."""
    rate = None
    for second in range(int(began), int(ended) + 1):
        rate = meter.look(value + per_s * (second - began), second)
    return rate


def test_a_rate_needs_two_looks() -> None:
    meter = RateMeter()
    assert meter.look(500, 100.0) is None
    assert meter.look(520, 102.0) == 10


def test_a_counter_that_never_grows_has_a_rate_once_it_was_watched_for_a_while() -> None:
    meter = RateMeter()
    assert meter.look(500, 100.0) is None
    assert meter.look(500, 99.0 + LEAST_WATCH_S) is None
    assert meter.look(500, 100.0 + LEAST_WATCH_S) == 0


@pytest.mark.parametrize("looked_after_s", [0.0, 0.9, 2.4])
def test_steps_are_measured_from_step_to_step_whenever_they_are_looked_at(looked_after_s: float) -> None:
    meter = RateMeter()
    rates = [
        meter.look(30 * step, 3 * step + looked_after_s, grown_at=3 * step) for step in range(20)
    ]  # a commit of 30 readings every 3 s
    assert rates[2:] == [10] * 18


def test_a_rate_follows_a_change_within_the_window() -> None:
    meter = RateMeter()
    look_often(meter, 10, 0, 100)
    assert look_often(meter, 50, 101, 101 + WINDOW_S, value=1000) == pytest.approx(50, rel=0.05)


def test_a_counter_that_stops_comes_to_nothing() -> None:
    meter = RateMeter()
    look_often(meter, 10, 0, 60)
    rates = [meter.look(600, 60 + second) for second in range(1, int(WINDOW_S) + 2)]
    assert rates[0] == 10, "it may only be late"
    assert rates[5] is not None
    assert 0 < rates[5] < 10
    assert rates[-1] == 0


def test_a_service_that_started_over_is_measured_anew() -> None:
    meter = RateMeter()
    look_often(meter, 10, 0, 20)
    assert meter.look(5, 21.0) is None
    assert meter.look(25, 22.0) == 20


def test_a_time_in_which_nobody_looked_does_not_count() -> None:
    meter = RateMeter()
    look_often(meter, 10, 0, 10)
    assert meter.look(100_000, 1000.0) is None
    assert meter.look(100_010, 1001.0) == 10
