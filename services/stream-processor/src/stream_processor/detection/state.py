"""What the detector remembers of one series: one fixed-size record, which the operator stores as it is."""

import numpy as np

CENTROIDS = 32
FIRST = 12
"""Readings that give a series its scale."""
WINDOW = 16
"""Points of a window; its shapes are remembered in as many values each."""
DAY_BINS = 48
WEEK_BINS = 168
RUN_BINS = 8
FEATURES = 4
"""Measures of novelty: spread, distance from the day's profile, from the week's, and from known shapes."""

STATE = np.dtype(
    [
        # Time, order and the scale that everything below is in.
        ("last_us", np.int64),
        ("interval_us", np.float64),
        ("readings", np.uint32),
        ("phase", np.uint32),
        ("scaled", np.uint32),
        ("last_value", np.float64),
        ("lowest", np.float64),
        ("highest", np.float64),
        ("origin", np.float64),
        ("unit", np.float64),
        ("first", np.float64, FIRST),
        # Level, spread and slow movement, in units from the origin.
        ("mean", np.float64),
        ("variance", np.float64),
        ("level", np.float64),
        ("noise", np.float64),
        ("shoulder", np.float32),
        ("outliers", np.float32),
        ("previous", np.float64, 2),
        ("short_mean", np.float64),
        ("long_mean", np.float64),
        ("drift_variance", np.float64),
        # Runs of equal values.
        ("run", np.uint32),
        ("repeat_chances", np.float32),
        ("repeats", np.float32),
        ("runs", np.uint32, RUN_BINS),
        # Novelty.
        ("quick_mean", np.float32),
        ("quick_spread", np.float32),
        ("off_day", np.float32),
        ("off_week", np.float32),
        ("record", np.float32, FEATURES),
        ("usual", np.float32, FEATURES),
        ("usual_variance", np.float32, FEATURES),
        ("held", np.float32),
        ("news", np.float32),
        # Profiles of the day and the week, and windows' shapes, in 60ths of a unit.
        ("day", np.int16, DAY_BINS),
        ("day_away", np.int16, DAY_BINS),
        ("week", np.int16, WEEK_BINS),
        ("away", np.float32),
        ("away_bin", np.uint16),
        ("drifting", np.uint16),
        ("anchor", np.float32),
        ("anchor_age", np.uint16),
        ("decimation", np.uint16),
        ("block_fill", np.uint16),
        ("block_sum", np.float32),
        ("window_fill", np.uint16),
        ("centroids_used", np.uint16),
        ("windows", np.uint32),
        ("shape_mean", np.float32),
        ("shape_variance", np.float32),
        ("shape_distance", np.float32),
        ("shape_score", np.float32),
        ("window", np.int16, WINDOW),
        ("hits", np.uint8, CENTROIDS),
        ("centroids", np.int16, (CENTROIDS, WINDOW)),
    ],
    align=True,
)
"""Two kilobytes. Shapes need memory: 32 windows of 16 points are half of it, and most of the accuracy on series whose
anomalies are shapes (docs/decisions/0012). While the period is unknown, the same room holds the first readings."""

UNSEEN = np.iinfo(np.int16).min
"""A profile's bin that had no reading yet."""


def new_states(n: int) -> np.ndarray:
    """`n` series of which nothing is known yet."""
    states = np.zeros(n, dtype=STATE)
    states["last_us"] = np.iinfo(np.int64).min
    states["last_value"] = np.nan
    states["lowest"] = np.inf
    states["highest"] = -np.inf
    states["day"] = UNSEEN
    states["week"] = UNSEEN
    return states
