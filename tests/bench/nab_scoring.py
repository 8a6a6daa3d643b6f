"""NAB's scoring (Lavin and Ahmad, "Evaluating Real-Time Anomaly Detection Algorithms: the Numenta Anomaly Benchmark",
2015, section 2): a window counts once, for its first detection, more the earlier that is; alarms outside cost. Pure.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Profile:
    """What a found window earns, and a false alarm and a missed window cost."""

    true_positive: float
    false_positive: float
    false_negative: float


PROFILES = {
    "standard": Profile(1.0, 0.11, 1.0),
    "reward_low_fp": Profile(1.0, 0.22, 1.0),
    "reward_low_fn": Profile(1.0, 0.11, 2.0),
}


@dataclass(frozen=True)
class Scored:
    """A detector's scores of one series, and the windows of it: first and last row of each, in order."""

    scores: np.ndarray
    windows: Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Result:
    """The best that one threshold for all series reaches: 0 no detection at all, 100 all windows at their first row."""

    score: float
    threshold: float


def sigmoid(position: float) -> float:
    """The weight of a detection: -1 at the window's start gives nearly 1, its end 0, far behind it -1."""
    return -1.0 if position > 3.0 else 2.0 / (1.0 + math.exp(5.0 * position)) - 1.0


def probation(rows: int) -> int:
    """Rows at a series' beginning that count neither way: 15 %, at most 750."""
    return math.floor(0.15 * min(rows, 5000))


def best(series: Sequence[Scored], profile: Profile) -> Result:
    """Sweep the threshold over all scores. An alarm is a score at or above it."""
    windows = _inside(series)
    thresholds = np.unique(np.concatenate([item.scores for item in series]))[::-1]
    totals = np.zeros(len(thresholds) + 1)
    for scores, weights in _outside(series):
        order = np.argsort(-scores, kind="stable")
        costs = np.concatenate([[0.0], np.cumsum(weights[order])]) * profile.false_positive
        totals[1:] += costs[np.searchsorted(-scores[order], -thresholds, side="right")]
    for scores, weights in windows:
        # The first row at or above a threshold: where the running maximum reaches it.
        first = np.searchsorted(np.maximum.accumulate(scores), thresholds, side="left")
        found = first < len(scores)
        earned = profile.true_positive * weights[np.minimum(first, len(scores) - 1)]
        totals[1:] += np.where(found, earned, -profile.false_negative)
        totals[0] -= profile.false_negative
    chosen = int(np.argmax(totals))
    count = len(windows)
    worst, perfect = -profile.false_negative * count, profile.true_positive * count
    score = 100.0 * (totals[chosen] - worst) / (perfect - worst) if count else 0.0
    return Result(float(score), math.inf if chosen == 0 else float(thresholds[chosen - 1]))


def _outside(series: Sequence[Scored]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Of each series the scores outside of windows, and what an alarm there weighs: -1, less soon after a window."""
    parts = []
    for item in series:
        rows = len(item.scores)
        weights, counts = np.full(rows, -1.0), np.ones(rows, bool)
        counts[: probation(rows)] = False
        ends = [*(first for first, _ in item.windows), rows][1:]
        for (first, last), end in zip(item.windows, ends, strict=True):
            counts[first : last + 1] = False
            width = max(1, last - first)
            weights[last + 1 : end] = [sigmoid((row - last) / width) for row in range(last + 1, end)]
        parts.append((item.scores[counts], weights[counts]))
    return parts


def _inside(series: Sequence[Scored]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Of each window the scores in it, and what a first detection there is worth (1 at its first row, to nearly 0)."""
    parts = []
    for item in series:
        start = probation(len(item.scores))
        for first, last in item.windows:
            if last < start:
                continue
            rows = range(max(first, start), last + 1)
            width = last - first + 1
            worth = np.array([sigmoid(-(last - row + 1) / width) / sigmoid(-1.0) for row in rows])
            parts.append((item.scores[rows.start : rows.stop], worth))
    return parts
