"""The streaming detector: what it finds, and what no feed may do to it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_processor.detection import detect
from stream_processor.detection.kernel import Scores, score_batch
from stream_processor.detection.reasons import REASONS, sentence
from stream_processor.detection.state import STATE, new_states

SECOND = 1_000_000
DAY = 86_400 * SECOND


def run(values: np.ndarray, step: int = 2 * SECOND, low: float = np.nan, high: float = np.nan) -> Scores:
    n = len(values)
    limits = np.tile((low, high), (n, 1))
    return score_batch(new_states(1), np.zeros(n, np.int32), np.arange(n) * step, values.astype(float), limits)


def noise(n: int = 3000, seed: int = 1) -> np.ndarray:
    return np.round(20 + np.random.default_rng(seed).standard_normal(n) * 0.5, 2)


def beats(n: int = 6000, period: int = 60) -> np.ndarray:
    phase = np.arange(n) % period / period
    course = np.exp(-0.5 * ((phase - 0.4) / 0.04) ** 2) + 0.3 * np.exp(-0.5 * ((phase - 0.7) / 0.07) ** 2)
    return course + np.random.default_rng(2).standard_normal(n) * 0.02


def reasons(scores: Scores, rows: slice) -> set[str]:
    return {REASONS[code] for code in scores.reason[rows]}


def test_a_series_fits_in_two_kilobytes() -> None:
    assert STATE.itemsize <= 2048


def test_a_value_outside_of_the_physical_range_scores_highest_from_the_first_reading_on() -> None:
    scores = run(np.array([20.0, -300.0, 20.0, 1200.0]), low=-273.15, high=1000.0)
    assert scores.score.tolist() == [0, 1, 0, 1]
    assert scores.anomaly.tolist() == [False, True, False, True]
    assert reasons(scores, slice(1, 2)) == {"out_of_range"}


def test_a_spike_is_found_and_the_reading_after_it_is_not() -> None:
    values = noise()
    values[2000] = 45.0
    scores = run(values)
    assert np.flatnonzero(scores.anomaly).tolist() == [2000]
    assert reasons(scores, slice(2000, 2001)) == {"rate_of_change"}
    assert scores.low[2000] < 20 < scores.high[2000] < 45


def test_spikes_that_keep_coming_are_all_found() -> None:
    values, struck = noise(20_000), np.random.default_rng(3).random(20_000) < 0.05
    struck[:500] = False
    values[struck] = 90.0
    assert np.array_equal(run(values).anomaly, struck)


def test_a_sensor_that_is_stuck_is_found_within_a_few_readings() -> None:
    values = noise()
    values[2000:2100] = values[1999]
    scores = run(values)
    assert scores.anomaly[2005:2100].all()
    assert not scores.anomaly[:2000].any()
    assert reasons(scores, slice(2005, 2100)) == {"stuck"}


def test_a_sensor_that_mostly_repeats_its_value_is_not_stuck() -> None:
    values = np.round(noise(20_000), 0)
    assert not run(values).anomaly.any()


def test_a_sensor_that_rests_at_its_lowest_value_is_not_stuck() -> None:
    assert not run(np.maximum(noise(20_000), 20.0)).anomaly.any()


def test_a_drift_is_found_and_its_end_is_no_second_one() -> None:
    values = noise(12_000)
    values[6000:8000] += np.linspace(0, 20, 2000)
    scores = run(values)
    assert not scores.anomaly[:6000].any()
    assert scores.anomaly[6600:8000].mean() > 0.9
    assert not scores.anomaly[8300:].any()


def test_a_drift_far_out_of_the_range_hides_no_later_one() -> None:
    values = noise(16_000)
    values[4000:6000] += np.linspace(0, 2000, 2000)
    values[12_000:14_000] -= np.linspace(0, 200, 2000)
    anomaly = run(values).anomaly
    assert anomaly[4600:6000].mean() > 0.9
    assert anomaly[12_600:14_000].mean() > 0.9


def test_news_counts_less_in_a_series_that_is_full_of_it() -> None:
    once, often = noise(12_000), noise(12_000)
    once[11_000] = 100.0
    often[2000:11_001:1000] = np.linspace(40.0, 100.0, 10)
    assert run(often).score[11_000] < run(once).score[11_000]


def test_a_beat_out_of_shape_scores_higher_than_those_in_shape() -> None:
    values = beats()
    values[4200:4260] = values[4200:4260][::-1]
    score = run(values).score
    usual = np.r_[score[1500:4200], score[4400:]]
    assert np.sort(score[4200:4290])[-20:].min() > np.quantile(usual, 0.99)


def test_a_day_without_its_usual_course_is_found_by_the_profile_or_shape() -> None:
    hours = np.arange(24 * 40)
    values = 10 + 5 * np.sin(hours * 2 * np.pi / 24) + np.random.default_rng(4).standard_normal(len(hours)) * 0.2
    values[24 * 30 : 24 * 31] = 10
    score = run(values, step=3600 * SECOND).score
    # The first day and a half in which nothing else is like it.
    assert score[24 * 30 : 24 * 31 + 12].max() > score[24 * 14 : 24 * 30].max()


def test_scores_of_a_beginning_do_not_depend_on_what_follows() -> None:
    values, times = beats(3000), np.arange(3000) * SECOND
    whole = detect(times, values)
    for end in (1, 100, 700, 1500, 2999):
        assert np.array_equal(detect(times[:end], values[:end]), whole[:end])


@settings(deadline=None, max_examples=20)
@given(cuts=st.lists(st.integers(0, 2000), max_size=12))
def test_scores_do_not_depend_on_how_a_feed_is_split_into_batches(cuts: list[int]) -> None:
    rng = np.random.default_rng(5)
    n = 2000
    series, values = rng.integers(0, 3, n).astype(np.int32), rng.standard_normal(n)
    times, limits = np.arange(n) * SECOND, np.full((n, 2), np.nan)
    whole = score_batch(whole_states := new_states(3), series, times, values, limits)
    states, parts = new_states(3), []
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), n], strict=True):
        part = slice(start, end)
        parts.append(score_batch(states, series[part], times[part], values[part], limits[part]))
    for column, pieces in zip(whole, zip(*parts, strict=True), strict=True):
        assert np.array_equal(column, np.concatenate(pieces), equal_nan=True)
    assert states.tobytes() == whole_states.tobytes()


def test_other_series_readings_do_not_matter() -> None:
    values, n = beats(1500), 1500
    series, times = np.tile(np.array([0, 1], np.int32), n), np.repeat(np.arange(n) * SECOND, 2)
    mixed = np.stack([values, np.random.default_rng(6).standard_normal(n) * 1e6], axis=1).ravel()
    both = score_batch(new_states(2), series, times, mixed, np.full((2 * n, 2), np.nan))
    assert np.array_equal(both.score[::2], run(values, step=SECOND).score)


def test_a_late_reading_is_judged_and_changes_nothing() -> None:
    states, n = new_states(1), 2000
    score_batch(states, np.zeros(n, np.int32), np.arange(n) * SECOND, noise(n), np.full((n, 2), np.nan))
    before = states.tobytes()
    late = score_batch(
        states,
        np.zeros(3, np.int32),
        np.array([500, 1999, 7]) * SECOND,
        np.array([20.0, 60.0, 20.1]),
        np.full((3, 2), np.nan),
    )
    assert late.anomaly.tolist() == [False, True, False]
    assert states.tobytes() == before


def test_a_constant_series_is_no_anomaly_until_it_moves() -> None:
    scores = run(np.full(3000, 7.0))
    assert not scores.anomaly.any()
    assert not scores.score.any()


@pytest.mark.parametrize("scale", [1e-280, 1e-12, 1e12, 1e280])
def test_the_scale_of_a_series_makes_no_difference(scale: float) -> None:
    values = (noise() - 20) * scale
    values[2000] = 40 * scale
    assert np.flatnonzero(run(values).anomaly).tolist() == [2000]


@settings(deadline=None, max_examples=60)
@given(
    values=st.lists(st.floats(allow_nan=True, allow_infinity=True) | st.floats(-5, 5), min_size=1, max_size=400),
    steps=st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=20),
)
def test_scores_stay_numbers_between_0_and_1_whatever_comes(values: list[float], steps: list[int]) -> None:
    feed = np.array((values * 40)[:2000])
    times = np.cumsum(np.resize(steps, len(feed)))
    states = new_states(1)
    scores = score_batch(states, np.zeros(len(feed), np.int32), times, feed, np.full((len(feed), 2), np.nan))
    assert ((scores.score >= 0) & (scores.score <= 1)).all()
    for field in ("level", "noise", "mean", "variance", "short_mean", "long_mean", "record", "shape_variance", "held"):
        assert np.isfinite(states[field]).all(), field


def test_huge_jumps_and_times_at_the_edge_of_64_bits_are_survived() -> None:
    values = np.tile(np.array([1e308, -1e308, 5e-324, 0.0, 1.0]), 400)
    times = np.linspace(-(2**62), 2**62, len(values)).astype(np.int64)
    scores = score_batch(
        new_states(1), np.zeros(len(values), np.int32), times, values, np.full((len(values), 2), np.nan)
    )
    assert np.isfinite(scores.score).all()


def test_a_gap_is_no_anomaly() -> None:
    values, times = noise(4000), np.arange(4000) * 2 * SECOND
    times[2000:] += 3 * DAY
    scores = score_batch(new_states(1), np.zeros(4000, np.int32), times, values, np.full((4000, 2), np.nan))
    assert not scores.anomaly.any()


def test_a_level_that_stays_becomes_usual() -> None:
    values = noise(20_000)
    values[10_000:] += 30
    scores = run(values)
    assert scores.anomaly[10_000]
    assert not scores.anomaly[14_000:].any()


def test_arrays_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="3 values, 2 series"):
        score_batch(new_states(1), np.zeros(2, np.int32), np.arange(3), np.zeros(3), np.zeros((3, 2)))


def test_detect_takes_datetimes_and_microseconds_alike() -> None:
    values, times = beats(1500), np.arange(1500) * SECOND
    assert np.array_equal(detect(times.astype("datetime64[us]"), values), detect(times, values))
    assert np.array_equal(detect((times // 1000).astype("datetime64[ms]"), values), detect(times, values))


def test_every_reason_has_a_sentence() -> None:
    assert sentence(0, 1.0, "hPa", np.nan, np.nan) == ""
    assert all(
        sentence(code, 45.5, "Celsius", 18.0, 22.0).startswith("45.5 Celsius") for code in range(1, len(REASONS))
    )
    assert sentence(2, 45.5, "Celsius", 18.0, 22.0) == "45.5 Celsius is a sudden jump, expected 18 to 22"
