"""The benchmark's measures against cases that were computed by hand."""

import math

import numpy as np
import pytest

from bench.nab_scoring import PROFILES, Scored, best, probation, sigmoid
from bench.vus import period_of, range_auc_pr, segments, vus_pr, with_slopes

STANDARD = PROFILES["standard"]


def alarms(rows: int, *at: int) -> np.ndarray:
    scores = np.zeros(rows)
    scores[list(at)] = 1.0
    return scores


def test_an_alarm_at_the_first_row_of_each_window_is_perfect() -> None:
    result = best([Scored(alarms(100, 30, 60), [(30, 39), (60, 69)])], STANDARD)
    assert result.score == pytest.approx(100)
    assert result.threshold == 1.0


def test_no_alarm_is_0_in_every_profile() -> None:
    for profile in PROFILES.values():
        assert best([Scored(alarms(100), [(30, 39)])], profile).score == 0


def test_a_later_detection_earns_less() -> None:
    # Position -(39 - 35 + 1) / 10 = -0.5 of the window.
    earned = (2 / (1 + math.exp(-2.5)) - 1) / (2 / (1 + math.exp(-5)) - 1)
    result = best([Scored(alarms(100, 35, 37), [(30, 39)])], STANDARD)
    assert result.score == pytest.approx(100 * (earned + 1) / 2)


@pytest.mark.parametrize(
    ("name", "cost", "missed"), [("standard", 0.11, 1), ("reward_low_fp", 0.22, 1), ("reward_low_fn", 0.11, 2)]
)
def test_an_alarm_before_any_window_costs_fully(name: str, cost: float, missed: float) -> None:
    result = best([Scored(alarms(100, 20, 30), [(30, 39)])], PROFILES[name])
    assert result.score == pytest.approx(100 * (1 - cost + missed) / (1 + missed))


def test_an_alarm_soon_after_a_window_costs_less() -> None:
    # 3 rows behind a window of 10 rows: position 3 / 9.
    cost = 0.11 * -(2 / (1 + math.exp(5 / 3)) - 1)
    result = best([Scored(alarms(100, 30, 42), [(30, 39)])], STANDARD)
    assert result.score == pytest.approx(100 * (1 - cost + 1) / 2)


def test_alarms_in_the_probation_cost_nothing() -> None:
    assert probation(100) == 15
    assert probation(20_000) == 750
    assert best([Scored(alarms(100, 3, 14, 30), [(30, 39)])], STANDARD).score == pytest.approx(100)


def test_one_threshold_serves_all_series() -> None:
    loud = Scored(alarms(100, 30) * 0.9, [(30, 39)])
    noisy = np.full(100, 0.0)
    noisy[50:90] = 0.95
    # At 0.9 the noisy series' 40 alarms cost 4.4 of the 2 that there is to win: better none at all.
    assert best([loud, Scored(noisy, [])], STANDARD).score == 0


def test_the_sigmoid_is_nabs() -> None:
    assert sigmoid(0) == 0
    assert sigmoid(-1) == pytest.approx(0.98661, abs=1e-5)
    assert sigmoid(3.1) == -1


def test_slopes_fall_as_the_square_root() -> None:
    labels = np.zeros(9)
    labels[4] = 1
    assert segments(labels) == [(4, 5)]
    assert with_slopes(labels, 4).tolist() == pytest.approx(
        [0, 0, math.sqrt(0.5), math.sqrt(0.75), 1, math.sqrt(0.75), math.sqrt(0.5), 0, 0]
    )
    assert with_slopes(labels, 0).tolist() == labels.tolist()


def test_a_score_that_is_the_label_has_the_whole_area_without_tolerance() -> None:
    labels = np.zeros(100)
    labels[40:50] = 1
    assert range_auc_pr(labels, labels, 0) == pytest.approx(1)
    assert vus_pr(labels, labels, 0) == pytest.approx(1)


def test_an_anomaly_that_is_missed_halves_recall() -> None:
    labels, scores = np.zeros(8), np.zeros(8)
    labels[[2, 5]] = 1
    scores[[2]] = 1
    # Threshold 1: precision 1, recall 1/2 times one of two anomalies met = 1/4; then all: precision 2/8, recall 1.
    assert range_auc_pr(scores, labels, 0) == pytest.approx(0.25 * 1 + 0.75 * 0.25)


def test_tolerance_counts_a_detection_beside_an_anomaly_in_part() -> None:
    labels, scores = np.zeros(9), np.zeros(9)
    labels[4] = 1
    scores[5] = 1
    slope = math.sqrt(0.5)  # tolerance 2: one row on each side
    positives = (1 + 1 + 2 * slope) / 2
    first = slope / positives
    expected = first * slope + (1 - first) * (1 + 2 * slope) / 9
    assert range_auc_pr(scores, labels, 2) == pytest.approx(expected)


def test_the_period_is_the_autocorrelations_highest_peak() -> None:
    assert period_of(np.sin(np.arange(3000) * 2 * np.pi / 50)) == 50
    assert period_of(np.arange(1000.0)) == 125
