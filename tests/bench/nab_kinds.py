"""Made-up series of the kinds that NAB has: to tune on, so that NAB's own series stay unseen. Pure.

A window is a tenth of the series, shared among its anomalies and centred on each, as NAB's are.
"""

from collections.abc import Callable

import numpy as np

from bench.nab_series import Series

Rng = np.random.Generator
FIVE_MINUTES_US = 300_000_000


def _places(rng: Rng, rows: int, count: int) -> np.ndarray:
    """Rows at which something goes wrong: behind the probation, apart from each other."""
    slots = np.linspace(0.2 * rows, 0.95 * rows, 2 * count + 1)
    return np.array([rng.uniform(slots[2 * k], slots[2 * k + 1]) for k in range(count)], int)


def _course(rng: Rng, t: np.ndarray, a_day: int) -> np.ndarray:
    """A day's course, weaker at week-ends."""
    u = t % a_day / a_day
    day = sum(rng.uniform(0.3, 1) * np.exp(-0.5 * ((u - c) / rng.uniform(0.06, 0.15)) ** 2) for c in (0.4, 0.75))
    return np.asarray(day * np.where(t // a_day % 7 >= 5, rng.uniform(0.4, 1), 1.0))


def processor(rng: Rng, t: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Load near a level with jobs now and then; it jumps for hours, falls to nothing or stays elsewhere."""
    base, noise = rng.uniform(1, 50), rng.uniform(0.02, 0.15)
    values = base * (1 + noise * rng.standard_normal(len(t)))
    jobs = rng.random(len(t)) < rng.choice([0.0, 0.003, 0.02])
    values[jobs] *= rng.uniform(1.3, 2.5, jobs.sum())
    for place in places:
        length = int(rng.choice([1, 3, 40, len(t)]))
        values[place : place + length] *= rng.choice([0.05, 0.4, 2.0, 3.5])
    return values


def tweets(rng: Rng, t: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Counts with bursts of heavy-tailed size; greater ones are news."""
    rate = rng.uniform(3, 60) * (0.3 + _course(rng, t, 288))
    values = rng.negative_binomial(4, 4 / (4 + rate)).astype(float)
    bursts = rng.random(len(t)) < 0.002
    values[bursts] += rate.mean() * 6 * rng.pareto(3, bursts.sum())
    for place in places:
        tail = np.exp(-np.arange(60) / rng.uniform(3, 25))[: len(t) - place]
        values[place : place + 60] += rate.mean() * rng.uniform(8, 30) * tail
    return np.round(values)


def daily(rng: Rng, t: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The same day again and again, noisy; one is flat, higher, lower or reversed."""
    u = t % 288 / 288
    is_open = (u > 0.35) & (u < 0.75)
    values = np.where(is_open, 60.0, 20.0) + rng.uniform(0, 8) * rng.uniform(-1, 1, len(t))
    for place in places:
        day = slice(place // 288 * 288 + 90, place // 288 * 288 + 220)
        values[day] = rng.choice([values[day] * 0 + 20, values[day] * 1.5, values[day] * 0.6, values[day][::-1] * 1.3])
    return values


def quiet(rng: Rng, t: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Nearly nothing, with activity now and then; more of it, or a long one."""
    values = np.round(rng.exponential(1, len(t)) * (rng.random(len(t)) < 0.03), 3) * 10
    for place in places:
        length = int(rng.integers(3, 30))
        values[place : place + length] = rng.uniform(10, 60, len(values[place : place + length]))
    return values


def traffic(rng: Rng, t: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Speeds or occupancy with rush hours; a jam at another hour."""
    values = 65 - 20 * _course(rng, t, 288) + 3 * rng.standard_normal(len(t))
    dips = rng.random(len(t)) < 0.004
    values[dips] -= rng.uniform(5, 20, dips.sum())
    for place in places:
        length = int(rng.integers(4, 40))
        values[place : place + length] -= rng.uniform(25, 45)
    return np.round(np.maximum(values, 1))


def machine(rng: Rng, t: np.ndarray, places: np.ndarray) -> np.ndarray:
    """A temperature that wanders; it falls away over hours, drops, or wanders wildly."""
    values, wander = np.zeros(len(t)), 0.0
    for i in range(len(t)):
        wander += -0.004 * wander + rng.standard_normal() * 0.6
        values[i] = wander
    values += 85 + rng.standard_normal(len(t)) * 0.7 + 2 * _course(rng, t, 288)
    for place in places:
        length = int(rng.integers(30, 300))
        part = values[place : place + length]
        part += rng.choice([-1, -1, 1]) * rng.uniform(15, 60) * np.linspace(rng.choice([0, 1]), 1, len(part))
    return values


def demand(rng: Rng, t: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Demand by half-hours, day and week; a holiday, a storm, a feast."""
    values = 1 + 2 * _course(rng, t, 48)
    values *= 1 + 0.04 * rng.standard_normal(len(t))
    for place in places:
        values[place : place + int(rng.integers(12, 60))] *= rng.choice([0.3, 0.6, 1.4, 1.8])
    return np.round(values * 5000)


def keys(rng: Rng, t: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Several modes between which it changes by chance; a mode never seen before."""
    level, values = 0.0, np.zeros(len(t))
    modes = rng.uniform(0, 1, 3)
    for i in range(len(t)):
        if rng.random() < 0.01:
            level = rng.choice(modes)
        values[i] = level + 0.08 * rng.standard_normal()
    for place in places:
        length = int(rng.integers(10, 80))
        values[place : place + length] += rng.choice([-1.0, 1.0]) * rng.uniform(0.6, 1.5)
    return values


KINDS: dict[str, Callable[[Rng, np.ndarray, np.ndarray], np.ndarray]] = {
    kind.__name__: kind for kind in (processor, tweets, daily, quiet, traffic, machine, demand, keys)
}


def made_up(seed: int, count: int) -> list[Series]:
    """`count` series of each kind, some without any anomaly."""
    series = []
    for number, (name, kind) in enumerate(KINDS.items()):
        for i in range(count):
            rng = np.random.default_rng([seed, number, i])
            rows, interval_us = int(rng.integers(1500, 8000)), FIVE_MINUTES_US * (6 if name == "demand" else 1)
            places = _places(rng, rows, int(rng.choice([0, 1, 1, 2, 2, 3])))
            half = int(0.05 * rows / max(1, len(places)))
            windows = [(int(max(0, place - half)), int(min(rows - 1, place + half))) for place in places]
            values = kind(rng, np.arange(rows), places)
            series.append(Series(name, np.arange(rows) * interval_us, values, windows))
    return series
