"""Families of made-up series with labelled anomalies; the detector was tuned on them, with other seeds.

Each is a function of a random generator that gives values and labels (1 in anomalies, none in the first quarter).
Periods, noise, kinds and sizes of anomalies are drawn anew for each series.
"""

from collections.abc import Callable

import numpy as np

Labelled = tuple[np.ndarray, np.ndarray]
Rng = np.random.Generator


def _places(rng: Rng, rows: int, count: int, length: int) -> list[tuple[int, int]]:
    places: list[tuple[int, int]] = []
    for _ in range(200):
        start = int(rng.integers(rows // 4, rows - length - 10))
        if len(places) < count and all(abs(start - other) > 3 * length for other, _ in places):
            places.append((start, start + length))
    return places


def _cycles(rng: Rng, rows: int, period: int, course: Callable[[np.ndarray], np.ndarray], jitter: float) -> Labelled:
    """Cycles of a course over 0 to 1, each of its own length and height; and the row that each starts at."""
    parts, starts, row = [], [], 0
    while row < rows:
        length = max(4, round(period * (1 + jitter * rng.standard_normal())))
        starts.append(row)
        parts.append(course(np.arange(length) / length) * (1 + 0.05 * rng.standard_normal()))
        row += length
    return np.concatenate(parts)[:rows], np.array(starts)


def _some(rng: Rng, starts: np.ndarray, rows: int, period: int, most: int) -> np.ndarray:
    usable = starts[(starts > rows / 4) & (starts < rows - 2 * period)]
    return rng.choice(usable, int(rng.integers(1, most + 1)), replace=False)


def heartbeat(rng: Rng, rows: int = 8000) -> Labelled:
    """Waves like an electrocardiogram's; a beat is inverted, broad, early or faint."""
    period = int(rng.integers(40, 200))
    waves = [
        (centre + 0.02 * rng.standard_normal(), width * rng.uniform(0.8, 1.3), height * rng.uniform(0.7, 1.3))
        for centre, width, height in [
            (0.2, 0.03, 0.15),
            (0.36, 0.012, -0.15),
            (0.4, 0.015, 1.0),
            (0.44, 0.015, -0.25),
            (0.7, 0.06, 0.3),
        ]
    ]

    def course(u: np.ndarray) -> np.ndarray:
        return np.asarray(np.sum([h * np.exp(-0.5 * ((u - c) / w) ** 2) for c, w, h in waves], axis=0))

    values, starts = _cycles(rng, rows, period, course, 0.02)
    labels, u = np.zeros(rows), np.arange(period) / period
    beat = (
        -0.8 * course(u),
        1.2 * np.exp(-0.5 * ((u - 0.35) / 0.07) ** 2) - 0.4 * np.exp(-0.5 * ((u - 0.6) / 0.08) ** 2),
        np.roll(course(u), -period // 4),
        course(u) * 0.2 + 0.1 * np.sin(2 * np.pi * u),
    )[rng.integers(0, 4)]
    for start in _some(rng, starts, rows, period, 5):
        values[start : start + period] = beat
        labels[start : start + period] = 1
    wander = rng.uniform(0, 0.2) * np.sin(np.arange(rows) / rng.uniform(300, 1500))
    return values + rng.uniform(0.01, 0.05) * rng.standard_normal(rows) + wander, labels


def waves(rng: Rng, rows: int = 6000) -> Labelled:
    """Sums of sines; for some periods faster, of another height, flat or noisy, or the phase jumps."""
    period, t = rng.uniform(20, 200), np.arange(rows)
    phase = 2 * np.pi * t / period + np.cumsum(rng.standard_normal(rows)) * 0.003
    harmonics = ((1, 1.0), (2, rng.uniform(0, 0.6)), (3, rng.uniform(0, 0.4)))
    length, kind = int(period * rng.uniform(0.7, 3)), rng.integers(0, 5)
    labels, height, added = np.zeros(rows), np.ones(rows), np.zeros(rows)
    for start, end in _places(rng, rows, int(rng.integers(1, 5)), length):
        labels[start:end] = 1
        if kind == 0:
            phase[start:end] += np.linspace(0, 2 * np.pi * max(1, (end - start) // int(period)), end - start)
        elif kind == 1:
            phase[start:] += np.pi * rng.uniform(0.5, 1)
            labels[start + int(period) : end] = 0
        elif kind == 2:
            height[start:end] = rng.choice([0.4, 1.6])
        elif kind == 3:
            height[start:end] = 0.05
        else:
            added[start:end] = rng.standard_normal(end - start) * 0.35
    wave = np.sum([a * np.sin(k * phase + k) for k, a in harmonics], axis=0)
    return height * wave + added + rng.uniform(0.02, 0.15) * rng.standard_normal(rows), labels


def days(rng: Rng, rows: int = 8064) -> Labelled:
    """Demand by day and week; a day is like a weekend's, late, flat or too high."""
    a_day = int(rng.choice([48, 96, 144, 288]))
    t = np.arange(rows)
    day, u = (t // a_day).astype(np.int64), t % a_day / a_day
    last = int(day[-1])
    course = np.exp(-0.5 * ((u - 0.4) / 0.12) ** 2) + 0.8 * np.exp(-0.5 * ((u - 0.75) / 0.1) ** 2)
    values = course * np.where(day % 7 >= 5, 0.45, 1.0) * (1 + 0.05 * rng.standard_normal(last + 1)[day])
    labels = np.zeros(rows)
    for odd in rng.choice(np.arange(int(0.3 * last), last), int(rng.integers(1, 4)), replace=False):
        rows_of_day = day == odd
        usual = values[rows_of_day]
        values[rows_of_day] = (
            course[rows_of_day] * (1.0 if odd % 7 >= 5 else 0.45),
            np.roll(usual, a_day // 5),
            np.full(len(usual), usual.mean()),
            usual * 1.5,
        )[rng.integers(0, 4)]
        labels[rows_of_day] = 1
    return values + rng.uniform(0.02, 0.08) * rng.standard_normal(rows), labels


def autoregressive(rng: Rng, rows: int = 6000) -> Labelled:
    """Noise with memory; for a while of another size, without memory, shifted or on a slope."""
    memory = np.full(rows, rng.uniform(0.3, 0.97))
    size, added, labels, kind = np.ones(rows), np.zeros(rows), np.zeros(rows), rng.integers(0, 4)
    deviation = 1 / np.sqrt(1 - memory[0] ** 2)
    for start, end in _places(rng, rows, int(rng.integers(1, 5)), int(rng.integers(20, 200))):
        labels[start:end] = 1
        if kind == 0:
            size[start:end] = rng.choice([0.25, 3.0])
        elif kind == 1:
            memory[start:end] = -0.5
        elif kind == 2:
            added[start:end] = rng.choice([-1, 1]) * rng.uniform(2, 4) * deviation
        else:
            added[start:end] = np.linspace(0, rng.choice([-1, 1]) * 5 * deviation, end - start)
    values, shocks = np.zeros(rows), rng.standard_normal(rows) * size
    for i in range(1, rows):
        values[i] = memory[i] * values[i - 1] + shocks[i]
    return values + added, labels


def spikes(rng: Rng, rows: int = 5000) -> Labelled:
    """A noisy sine with spikes of one to three readings."""
    values = rng.standard_normal(rows) * 0.3 + np.sin(np.arange(rows) / rng.uniform(20, 200))
    labels = np.zeros(rows)
    for start in rng.integers(rows // 4, rows - 5, int(rng.integers(3, 12))):
        width = int(rng.integers(1, 4))
        values[start : start + width] += rng.choice([-1, 1]) * rng.uniform(2.5, 6)
        labels[start : start + width] = 1
    return values, labels


def shifts(rng: Rng, rows: int = 5000) -> Labelled:
    """Noise on a slow random walk, for a while at another level."""
    values = rng.standard_normal(rows) * 0.4 + np.cumsum(rng.standard_normal(rows)) * 0.01
    labels = np.zeros(rows)
    for start, end in _places(rng, rows, int(rng.integers(1, 4)), int(rng.integers(50, 300))):
        values[start:end] += rng.choice([-1, 1]) * rng.uniform(1.5, 4)
        labels[start:end] = 1
    return values, labels


def valve(rng: Rng, rows: int = 8000) -> Labelled:
    """A valve that opens and closes; once too briefly, weakly, with a flutter, or not at all."""
    period, share, tau = int(rng.integers(60, 300)), rng.uniform(0.3, 0.6), rng.uniform(0.03, 0.15)

    def course(u: np.ndarray) -> np.ndarray:
        bump = np.where((u > share * 0.5) & (u < share * 0.6), 0.2, 0)
        return np.where(u < share, 1 - np.exp(-u / tau), np.exp(-(u - share) / tau)) + bump

    values, starts = _cycles(rng, rows, period, course, 0.01)
    labels, u = np.zeros(rows), np.arange(period) / period
    brief = np.where(u < share * 0.4, 1 - np.exp(-u / tau), np.exp(-np.maximum(0, u - share * 0.4) / tau))
    flutter = course(u) + 0.3 * np.sin(12 * np.pi * u) * (u < share)
    cycle = (brief, course(u) * 0.6, flutter, np.zeros(period))[rng.integers(0, 4)]
    for start in _some(rng, starts, rows, period, 3):
        values[start : start + period] = cycle
        labels[start : start + period] = 1
    return values + rng.uniform(0.01, 0.04) * rng.standard_normal(rows), labels


def chaos(rng: Rng, rows: int = 7000) -> Labelled:
    """Mackey and Glass's series; for a while backwards or smoothed."""
    delay, course = 17, np.full(rows + 1300, 1.2)
    for i in range(delay + 1, len(course)):
        before = course[i - 1 - delay]
        course[i] = course[i - 1] + 0.2 * before / (1 + before**10) - 0.1 * course[i - 1]
    values = course[200 + int(rng.integers(0, 1000)) :][:rows].copy()
    labels, is_backwards = np.zeros(rows), rng.random() < 0.5
    for start, end in _places(rng, rows, int(rng.integers(1, 5)), int(rng.integers(40, 150))):
        labels[start:end] = 1
        if is_backwards:
            values[start:end] = values[start:end][::-1]
        else:
            values[start:end] = np.convolve(values[start - 15 : end], np.full(15, 1 / 15), "same")[15:]
    return values + rng.uniform(0.005, 0.05) * rng.standard_normal(rows), labels


FAMILIES = {
    family.__name__: family for family in (heartbeat, waves, days, autoregressive, spikes, shifts, valve, chaos)
}


def series_of(family: str, seed: int, count: int) -> list[Labelled]:
    """`count` series of a family."""
    number = list(FAMILIES).index(family)
    return [FAMILIES[family](np.random.default_rng([seed, number, i])) for i in range(count)]
