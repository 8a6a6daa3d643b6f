# Types are numba's to infer: a record of a structured array has none in Python.
# mypy: disable-error-code="no-untyped-def, no-untyped-call"
"""The detector's arithmetic, compiled by numba. All of it in one file: numba's cache looks at this file's time only, so
that a compiled function would outlive a change in another one.

A reading passes four judges, each of which keeps its part of the state (see `state`):

* bounds: the physical range;
* level: a robust (Huber) moving level and noise; what is further away than a Gaussian's tail reaches is an outlier, and
  moves the level no further than three deviations. Runs of equal values against how often values repeat. A short mean
  that leaves a long one further than it ever did: a drift;
* shape: online k-means over windows of about two thirds of a period, the distance to the nearest known one in variances
  of the series (as KMeansAD, but causal);
* novelty: how far spread, profile of day and week, and shape exceed their own (slowly forgotten) record, so that a
  repeated oddity falls silent. Sums of saturating excesses, as weak evidence that agrees is strong; a fault is evidence
  as well. Discounted by how much was new of late (ten thousand readings), so that a score means the same everywhere.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from stream_processor.detection.reasons import REASONS
from stream_processor.detection.state import (
    CENTROIDS,
    DAY_BINS,
    FEATURES,
    FIRST,
    RUN_BINS,
    UNSEEN,
    WEEK_BINS,
    WINDOW,
)

# Codes of reasons.REASONS.
_OUT_OF_RANGE, _RATE, _LEVEL, _STUCK, _DRIFT = map(
    REASONS.index, ("out_of_range", "rate_of_change", "level", "stuck", "drift")
)
_NOVEL = np.array([REASONS.index(name) for name in ("spread", "profile", "profile", "shape")], dtype=np.uint8)

_SCALING, _SEARCHING, _RUNNING = 0, 1, 2
_ROOM = CENTROIDS * WINDOW
_POINTS_A_PERIOD = 24
_STEPS = 60.0
_LIMIT = 512.0
"""What 16 bits hold: values within this many units of the origin, in steps of a 60th."""
_ANCHORED = 8192
_DAY_US = 86_400_000_000
# 1970-01-01 was a Thursday; which day the week's profile begins with makes no difference.
_WEEK_US = 7 * _DAY_US

# Scores by kind, so that each threshold means something: up to 0.25 how strange the shape is now, 0.3 to 0.35 a fault
# that is by now usual for this series, 0.4 to 1 how far beyond all that was seen before.
_STRANGE, _FAULT, _NOVEL_FROM = 0.25, 0.3, 0.4


class Scores(NamedTuple):
    """What the detector says of each reading, in the order of the readings."""

    score: np.ndarray
    """float64, 0 to 1: how unusual. A fault that comes again and again scores less than its first time."""
    reason: np.ndarray
    """uint8, index into `REASONS`: what contributed most; 0 where the score says nothing."""
    low: np.ndarray
    """float64: lowest value that would have been no outlier; nan while the series is not known yet."""
    high: np.ndarray
    """float64: highest."""
    anomaly: np.ndarray
    """bool: a fault, or novelty far beyond the record. Not a threshold on `score`: see there."""


def score_batch(
    states: np.ndarray, series: np.ndarray, times_us: np.ndarray, values: np.ndarray, limits: np.ndarray
) -> Scores:
    """Score readings and let `states` learn from them, in place.

    `states` has dtype STATE, `series` (int32) says whose state each reading belongs to, `times_us` (int64) is in
    microseconds since 1970, `values` (float64), `limits` (float64, two columns) the physical minimum and maximum, nan
    where there is none. A reading that is not newer than its series' newest is scored against the present state, and
    changes nothing. Values that are not finite score 0. Same states and readings: same scores, however they are split
    into batches. Raises ValueError where the arrays' lengths differ.
    """
    n = len(values)
    if not (len(series) == len(times_us) == n and limits.shape == (n, 2)):
        raise ValueError(f"{n} values, {len(series)} series, {len(times_us)} times, limits {limits.shape}")
    scores = Scores(np.zeros(n), np.zeros(n, np.uint8), np.full(n, np.nan), np.full(n, np.nan), np.zeros(n, np.bool_))
    _score_all(states, series, times_us, values, limits, *scores)
    return scores


@njit(cache=True)
def _score_all(states, series, times_us, values, limits, score, reason, low, high, anomaly):
    novelty = np.zeros(FEATURES)
    for i in range(len(values)):
        s, value = states[series[i]], values[i]
        if not math.isfinite(value):
            continue
        late = times_us[i] <= s.last_us
        if not late:
            _advance(s, times_us[i])
        known = s.phase != _SCALING and s.readings > 2 * FIRST
        if known:
            reach = _reach(s)
            low[i] = s.origin + s.unit * (s.level - reach)
            high[i] = s.origin + s.unit * (s.level + reach)
        if value < limits[i, 0] or value > limits[i, 1]:
            score[i], reason[i], anomaly[i] = 1.0, _OUT_OF_RANGE, True
            continue
        fault = _fault(s, times_us[i], value, known, late)
        total = 0.0
        if not late:
            total = _learn(s, times_us[i], value, fault, novelty)
        score[i], reason[i], anomaly[i] = _verdict(s, fault, total, novelty, late)


@njit(cache=True)
def _advance(s, time_us):
    """Follow the clock; a gap ends runs and windows, which are of neighbours."""
    if s.readings > 0:
        # In floating point: a difference of times may exceed 64 bits.
        step = float(time_us) - float(s.last_us)
        if s.readings > 8 and step > 8 * s.interval_us:
            s.window_fill, s.block_fill, s.block_sum, s.run = 0, 0, 0.0, 0
            s.last_value = np.nan
        else:
            s.interval_us += (step - s.interval_us) * max(0.02, 1.0 / s.readings)
    s.last_us = time_us


@njit(cache=True)
def _units(s, value):
    # Divided first: a difference of huge values is no number.
    return min(max(value / s.unit - s.origin / s.unit, -1e6), 1e6)


@njit(cache=True)
def _stored(z):
    return round(min(max(z, -_LIMIT), _LIMIT) * _STEPS)


@njit(cache=True)
def _reach(s):
    """How far from the level a value is still no outlier: six deviations, more where tails are heavy."""
    heavy = min(max(s.shoulder - 0.002, 0.0) * 60.0, 2.0) + min(max(s.outliers - 0.12, 0.0) * 40.0, 4.0)
    return 6.0 * (1.0 + heavy) * math.sqrt(s.noise) + 2.0 / _STEPS


@njit(cache=True)
def _fault(s, time_us, value, known, late):
    """Judge one value by the level, runs of equal values and the drift, before anything is learned from it."""
    if not known:
        return 0
    z = _units(s, value)
    reach = _reach(s)
    if abs(z - s.level) > reach:
        return _RATE if abs(z - s.previous[0]) > reach else _LEVEL
    if late:
        return 0
    if value == s.last_value and s.lowest < value < s.highest and _is_stuck(s):
        return _STUCK
    return _DRIFT if _is_drifting(s, time_us) else 0


@njit(cache=True)
def _is_stuck(s):
    """A run as good as impossible by how often values repeat, and longer than all but very few runs were."""
    run = s.run + 1
    chance = (s.repeats + 1.0) / (s.repeat_chances + 4.0)
    if run < 3 or run * math.log(chance) > -16.0:
        return False
    longer, of = 0, 0
    for k in range(RUN_BINS):
        of += s.runs[k]
        if 2 << k > run // 2:
            longer += s.runs[k]
    return longer <= 1 + of * 0.001


@njit(cache=True)
def _is_drifting(s, time_us):
    """Further from the long mean than noise or this time of other days explains; ends well below that."""
    if s.readings < 600:
        return False
    away, deviation = abs(s.short_mean - s.long_mean), math.sqrt(s.drift_variance)
    if s.drifting:
        return away > 4.0 * deviation
    d = (time_us % _DAY_US) * DAY_BINS // _DAY_US
    before = max(s.day_away[d], s.day_away[(d + 1) % DAY_BINS]) / _STEPS
    return away > 6.0 * deviation and away * away > 4.0 * s.noise and away > 1.3 * before


@njit(cache=True)
def _learn(s, time_us, value, fault, novelty):
    """Take a reading into the state; return how novel it is (0 to FEATURES), by feature in `novelty`."""
    novelty[:] = 0.0
    s.readings = min(s.readings + 1, 4_000_000_000)
    _count_run(s, value)
    if fault != _RATE:
        s.lowest, s.highest = min(s.lowest, value), max(s.highest, value)
    if s.phase == _SCALING:
        _find_scale(s, value)
        return 0.0
    z = _units(s, value)
    _learn_level(s, time_us, z, fault)
    shape = _learn_shape(s, z)
    _learn_profiles(s, time_us, z)
    total = _learn_novelty(s, shape, fault, novelty)
    _rescale_if_left(s)
    return total


@njit(cache=True)
def _count_run(s, value):
    repeated = value == s.last_value
    if s.run <= 3:
        # Of a run only its beginning counts: one that is stuck must not make repetition usual.
        s.repeat_chances += 1.0 - s.repeat_chances / 20_000.0
        s.repeats += repeated - s.repeats / 20_000.0
    if repeated:
        s.run = min(s.run + 1, 1_000_000)
    else:
        if s.run > 0 or not math.isnan(s.last_value):
            k = 0
            while k < RUN_BINS - 1 and 2 << k <= s.run:
                k += 1
            s.runs[k] = min(s.runs[k] + 1, 1_000_000_000)
        s.run = 0
    s.last_value = value


@njit(cache=True)
def _find_scale(s, value):
    """The first readings' median and its median absolute deviation; a constant series has no scale until it moves."""
    s.first[s.scaled] = value
    s.scaled += 1
    if s.scaled < FIRST:
        return
    s.scaled = 0
    # Halves, as a difference of huge values is no number.
    middle = np.median(s.first / 2)
    away = np.abs(s.first / 2 - middle)
    s.origin, s.unit = 2 * middle, 5.0 * (np.median(away) or away.mean())
    if s.unit > 1e-9 * abs(s.origin) and s.unit > 1e-290:
        s.unit = min(s.unit, 1e290)
        z = _units(s, value)
        s.phase = _SEARCHING
        s.mean, s.variance, s.level, s.noise = 0.0, 0.1, 0.0, 0.1
        s.previous[:] = z
        s.short_mean = s.long_mean = s.quick_mean = 0.0
        s.drift_variance, s.held = 0.1, 0.0
        s.shoulder = s.outliers = s.quick_spread = s.off_day = s.off_week = 0.0
        s.record[:], s.usual[:], s.usual_variance[:] = -1e9, 0.0, 0.0
        s.day[:], s.week[:], s.day_away[:] = UNSEEN, UNSEEN, 0
        s.drifting = s.anchor_age = 0
        s.decimation, s.window_fill, s.block_fill, s.block_sum = 1, 0, 0, 0.0
        s.windows, s.centroids_used, s.shape_score = 0, 0, 0.0
        s.readings = FIRST
        s.news = 0.0


@njit(cache=True)
def _rescale_if_left(s):
    """Another origin or unit when the series has left the range that 16 bits hold, or shrunk to a few steps of it.

    All that is known is kept: a drift may well lead out of the range, and must not become what is usual.
    """
    if s.readings <= 1000:
        return
    if abs(s.mean) > 300.0:
        _rescale(s, s.mean, 1.0)
    elif s.variance > 20_000.0:
        _rescale(s, 0.0, 16.0)
    elif s.variance < 1e-3:
        _rescale(s, 0.0, 1.0 / 16.0)


@njit(cache=True)
def _rescale(s, shift, by):
    """From z to (z - shift) / by, wherever a value of the series is remembered."""
    unit = s.unit * by
    if not 1e-290 < unit < 1e290 or unit < 1e-9 * abs(s.origin):
        s.phase, s.scaled = _SCALING, 0
        return
    s.origin, s.unit = s.origin + shift * s.unit, unit
    s.mean, s.level = (s.mean - shift) / by, (s.level - shift) / by
    s.short_mean, s.long_mean = (s.short_mean - shift) / by, (s.long_mean - shift) / by
    s.anchor, s.quick_mean = (s.anchor - shift) / by, (s.quick_mean - shift) / by
    s.shape_mean, s.block_sum = (s.shape_mean - shift) / by, (s.block_sum - s.block_fill * shift) / by
    s.quick_spread, s.away, s.off_day, s.off_week = s.quick_spread / by, s.away / by, s.off_day / by, s.off_week / by
    for k in range(2):
        s.previous[k] = (s.previous[k] - shift) / by
    square = by * by
    s.variance, s.noise, s.drift_variance = s.variance / square, s.noise / square, s.drift_variance / square
    s.shape_variance, s.shape_distance = s.shape_variance / square, s.shape_distance / square
    _rescale_stored(s.day, shift, by)
    _rescale_stored(s.week, shift, by)
    _rescale_stored(s.day_away, 0.0, by)
    _rescale_stored(s.window, shift, by)
    for c in range(CENTROIDS):
        _rescale_stored(s.centroids[c], shift, by)


@njit(cache=True)
def _rescale_stored(stored, shift, by):
    for k in range(len(stored)):
        if stored[k] != UNSEEN:
            stored[k] = _stored((stored[k] / _STEPS - shift) / by)


@njit(cache=True)
def _is_outlier(fault):
    return fault in (_RATE, _LEVEL)


@njit(cache=True)
def _learn_level(s, time_us, z, fault):
    n = s.readings
    off, deviation = z - s.level, math.sqrt(s.noise)
    slow = max(0.002, 1.0 / n)
    s.shoulder += slow * ((3.5 * deviation < abs(off) <= 9.0 * deviation) - s.shoulder)
    s.outliers += slow * (_is_outlier(fault) - s.outliers)
    clipped = off if n < 2 * FIRST else min(max(off, -3.0 * deviation), 3.0 * deviation)
    z_clipped = s.level if _is_outlier(fault) else s.level + clipped
    s.level += 0.1 * clipped
    s.noise += max(0.005, 1.0 / n) * (1.05 * clipped * clipped - s.noise)
    s.short_mean += (z_clipped - s.short_mean) / 16.0
    s.long_mean += (z_clipped - s.long_mean) * max(1.0 / 512.0, 1.0 / n)
    _follow_drift(s, time_us)
    away = s.short_mean - s.long_mean
    early = n < 4096 and not s.drifting
    squared = min(away * away, (9.0 if early else 4.0) * s.drift_variance)
    s.drift_variance += (max(1.0 / 32768.0, 1.0 / n) if not s.drifting else 1.0 / 32768.0) * (
        squared - s.drift_variance
    )
    _remember_away(s, time_us, abs(away))
    g = max(0.0005, 1.0 / n)
    spread = math.sqrt(s.variance)
    off_mean = z - s.mean if n < 64 else min(max(z - s.mean, -4.0 * spread), 4.0 * spread)
    s.mean += g * off_mean
    s.variance += g * (off_mean * off_mean - s.variance)


@njit(cache=True)
def _follow_drift(s, time_us):
    """Keep the level from before a drift for a while: the return to it is the drift's end, and no other drift."""
    was, s.drifting = s.drifting, _is_drifting(s, time_us)
    if s.drifting and not was and s.anchor_age == 0:
        s.anchor, s.anchor_age = s.long_mean, _ANCHORED
    if s.anchor_age == 0:
        return
    s.anchor_age -= 1
    moved, deviation = abs(s.long_mean - s.anchor), math.sqrt(s.drift_variance)
    if (not s.drifting or moved > 6.0 * deviation) and abs(s.short_mean - s.anchor) < 4.0 * deviation:
        s.long_mean, s.drifting, s.anchor_age = s.anchor, 0, 0
    elif s.anchor_age == 0:
        # It never came back: so this series moves by itself, and about as fast as it did on the way.
        s.drift_variance = max(s.drift_variance, (moved / _ANCHORED * 512.0 / 4.0) ** 2)


@njit(cache=True)
def _remember_away(s, time_us, away):
    """How far the means part at this time of the day; known to other days only, so not before the time is over."""
    d = (time_us % _DAY_US) * DAY_BINS // _DAY_US
    if d == s.away_bin:
        s.away = max(s.away, away)
        return
    s.day_away[s.away_bin] = max(_stored(s.away), _stored(0.7 * s.day_away[s.away_bin] / _STEPS))
    s.away_bin, s.away = d, away


@njit(cache=True)
def _learn_shape(s, z):
    """The distance of the newest window from the nearest known one, in the series' variances."""
    one, two = abs(z - s.previous[0]), abs(z - 2.0 * s.previous[0] + s.previous[1])
    s.previous[1], s.previous[0] = s.previous[0], z
    s.block_sum += z
    s.block_fill += 1
    if s.block_fill >= s.decimation:
        mean = s.block_sum / s.block_fill
        s.block_fill, s.block_sum = 0, 0.0
        if s.phase == _SEARCHING:
            _search_period(s, mean)
        else:
            s.shape_score = _nearest(s, mean)
    if s.phase != _RUNNING:
        return 0.0
    # A spike of one reading is a shape too, and may drown in the mean of a block.
    sudden = min(one, two)
    return s.shape_score + 0.2 * sudden * sudden / (s.shape_variance + 1e-9)


@njit(cache=True)
def _search_period(s, mean):
    """Collect readings in the room of the centroids until their autocorrelation has a peak."""
    room = s.centroids
    at = s.windows
    room[at // WINDOW, at % WINDOW] = _stored(mean)
    s.windows += 1
    if s.windows != _ROOM // 2 and s.windows != _ROOM:
        return
    kept = np.empty(s.windows)
    for k in range(s.windows):
        kept[k] = room[k // WINDOW, k % WINDOW] / _STEPS
    lag, height = _peak(kept)
    if height < 0.5 and s.windows < _ROOM:
        return
    if height < 0.3 and s.decimation == 1:
        # Twice as far back: means of two.
        for k in range(_ROOM // 2):
            room[k // WINDOW, k % WINDOW] = _stored((kept[2 * k] + kept[2 * k + 1]) / 2.0)
        s.windows, s.decimation = _ROOM // 2, 2
        return
    inner = max(1, round(lag / _POINTS_A_PERIOD))
    s.decimation *= inner
    _begin_shapes(s, kept)
    for k in range(len(kept) // inner):
        s.shape_score = _nearest(s, kept[k * inner : (k + 1) * inner].mean())


@njit(cache=True)
def _peak(kept):
    """The highest local maximum of the autocorrelation, with its height; without one, five blocks of a window."""
    n = len(kept)
    x = kept - kept.mean()
    power = (x * x).sum()
    best, height = 5 * _POINTS_A_PERIOD, 0.0
    if power <= 0.0:
        return best, height
    before, here = 1.0, 1.0
    for lag in range(3, n // 2 + 1):
        after = (x[lag:] * x[: n - lag]).sum() / power
        if lag > 5 and here > before and here >= after and here > height:
            best, height = lag - 1, here
        before, here = here, after
    # Not weighted by how many products there are: a longer lag must be that much better.
    return best, height * n / (n - best)


@njit(cache=True)
def _begin_shapes(s, kept):
    s.phase = _RUNNING
    s.centroids[:, :] = 0
    s.hits[:] = 0
    s.centroids_used = s.windows = s.window_fill = 0
    s.shape_mean, s.shape_variance, s.shape_distance = kept.mean(), max(kept.var(), 1e-6), 0.0


@njit(cache=True)
def _nearest(s, z):
    """Move the window on by one point, find its nearest centroid and move that a little towards it."""
    g = max(0.0005, 1.0 / (s.windows + 48))
    off = z - s.shape_mean
    s.shape_mean += g * off
    s.shape_variance += g * (min(off * off, 9.0 * s.shape_variance) - s.shape_variance)
    s.window[1:] = s.window[: WINDOW - 1].copy()
    s.window[0] = _stored(z)
    s.window_fill = min(s.window_fill + 1, WINDOW)
    if s.window_fill < WINDOW:
        return 0.0
    s.windows = min(s.windows + 1, 4_000_000_000)
    best, chosen = 1e30, 0
    for c in range(np.int64(s.centroids_used)):
        distance = 0.0
        for j in range(WINDOW):
            d = float(s.window[j]) - float(s.centroids[c, j])
            distance += d * d
        if distance < best:
            best, chosen = distance, c
    distance = best / (_STEPS * _STEPS) if s.centroids_used else 0.0
    _learn_window(s, distance, chosen)
    return distance / WINDOW / (s.shape_variance + 1e-9)


@njit(cache=True)
def _learn_window(s, distance, chosen):
    usual, n = s.shape_distance, s.windows
    is_new = distance > 0.7 * usual and (n < 16 * WINDOW or distance < 6.0 * usual)
    if s.centroids_used == 0 or (s.centroids_used < CENTROIDS and is_new):
        s.centroids[s.centroids_used] = s.window
        s.hits[s.centroids_used] = 1
        s.centroids_used += 1
    else:
        s.hits[chosen] = min(s.hits[chosen] + 1, 200)
        share = 1.0 / s.hits[chosen]
        if n > 10 * WINDOW:
            # Far from all that is known: an anomaly, or something new that has to come again and again.
            share *= min(1.0, 4.0 * usual / (distance + 1e-12))
        for j in range(WINDOW):
            c = s.centroids[chosen, j]
            s.centroids[chosen, j] = round(c + share * (s.window[j] - c))
    floor = 1e-3 * s.shape_variance * WINDOW
    s.shape_distance += max(0.002, 1.0 / n) * (min(distance, 9.0 * usual + floor) - usual)


@njit(cache=True)
def _learn_profiles(s, time_us, z):
    """How far the last readings were from the same time of other days, and of other weeks."""
    d = (time_us % _DAY_US) * DAY_BINS // _DAY_US
    w = (time_us % _WEEK_US) // (_WEEK_US // WEEK_BINS)
    step = 0.6 * min(1.0, s.interval_us * DAY_BINS / _DAY_US)
    if s.day[d] != UNSEEN:
        s.off_day += (z - s.day[d] / _STEPS - s.off_day) / 8.0
        s.day[d] = _moved(s.day[d], z, step)
    else:
        s.day[d] = _stored(z)
    step = 0.5 * min(1.0, s.interval_us * WEEK_BINS / _WEEK_US)
    if s.week[w] != UNSEEN:
        s.off_week += (z - s.week[w] / _STEPS - s.off_week) / 8.0
        s.week[w] = _moved(s.week[w], z, step)
    else:
        s.week[w] = _stored(z)


@njit(cache=True)
def _moved(bin_, z, step):
    """A bin moved towards a value; by one step of its scale at least, or slow changes would never come through."""
    by = step * (_stored(z) - bin_)
    if abs(by) < 1.0:
        by = 1.0 if by > 0.5 * step else (-1.0 if by < -0.5 * step else 0.0)
    return round(bin_ + by)


@njit(cache=True)
def _learn_novelty(s, shape, fault, novelty):
    """Sum of what each feature exceeds its record by, in its deviations, saturating; 0 soon after a greater one."""
    z, n, spread = s.previous[0], s.readings, math.sqrt(s.variance) + 1e-9
    s.quick_mean += (z - s.quick_mean) / 8.0
    s.quick_spread += (abs(z - s.quick_mean) - s.quick_spread) / 16.0
    s.held *= 0.995
    s.news *= 0.9999
    total = 0.0
    for k in range(FEATURES):
        if k == 0:
            feature = math.log(s.quick_spread / spread + 1e-3)
        elif k == 1:
            feature = abs(s.off_day) / spread
        elif k == 2:
            feature = abs(s.off_week) / spread
        else:
            feature = math.log(shape + 1e-3)
        if feature == 0.0 or n < 64 or (k == 3 and (s.phase != _RUNNING or s.windows < 2 * WINDOW)):
            continue
        excess = (feature - s.record[k]) / (math.sqrt(s.usual_variance[k]) + 1e-6)
        if excess > 0.0 and s.record[k] > -1e8:
            novelty[k] = excess / (1.0 + excess)
            total += novelty[k]
        s.record[k] = max(s.record[k], feature)
        s.record[k] -= 0.001 * (s.record[k] - s.usual[k])
        g = max(0.0005, 1.0 / (n - 32))
        off = feature - s.usual[k]
        s.usual[k] += g * off
        s.usual_variance[k] += g * (off * off - s.usual_variance[k])
    if fault:
        # Less where outliers are usual; a fault that goes on is held back as any other repetition.
        total += 0.6 / (1.0 + 50.0 * s.outliers)
    total *= n / (n + 300.0)
    if total <= s.held:
        return 0.0
    s.held = total
    return total


@njit(cache=True)
def _verdict(s, fault, total, novelty, late):
    score, reason = 0.0, 0
    if not late and s.phase == _RUNNING:
        q = s.shape_score
        score = _STRANGE * q / (1.0 + q)
    if fault:
        # Usual faults less than rare ones.
        score, reason = _FAULT + 0.05 * (1.0 - min(1.0, 5.0 * s.outliers)), fault
    if total > 0.4:
        news = _news(s, total)
        score = _NOVEL_FROM + (1.0 - _NOVEL_FROM) * news / (1.0 + news)
        if not fault:
            reason = _NOVEL[np.argmax(novelty)]
    return score, reason, fault != 0 or total > 2.5


@njit(cache=True)
def _news(s, total):
    """Novelty by what it still means where there is much of it: a series that is always new says little by it."""
    news = total / (1.0 + 0.3 * s.news)
    s.news += total
    return news
