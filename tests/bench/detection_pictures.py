"""A series with its expected band, its score and what is known to be wrong, drawn as SVG by code. Pure."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

WIDTH, HEIGHT, SCORE_HEIGHT, LEFT, COLUMNS = 1000, 220, 80, 10, 980


def picture(
    title: str,
    values: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    score: np.ndarray,
    windows: Sequence[tuple[int, int]],
) -> str:
    """The picture; each of its columns shows the least and most of the readings in it, so that no spike is lost."""
    bottom, top = float(np.min(values)), float(np.max(values))
    inside = (np.clip(low, bottom, top), np.clip(high, bottom, top))
    shaded = "".join(
        f'<rect x="{_x(first, len(values)):.1f}" y="24" width="{max(1.0, (last - first) * COLUMNS / len(values)):.1f}"'
        f' height="{HEIGHT + SCORE_HEIGHT + 10}" fill="#f4b6a6" opacity="0.5"/>'
        for first, last in windows
    )

    def y(value: float) -> float:
        return 24 + HEIGHT * (1 - (value - bottom) / ((top - bottom) or 1.0))

    def score_y(value: float) -> float:
        return 34 + HEIGHT + SCORE_HEIGHT * (1 - value)

    band = _area(inside[0], inside[1], y, "#b7d3ea")
    legend = "blue: values, light blue: expected band, red: score 0 to 1, shaded: known to be wrong"
    parts = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT + SCORE_HEIGHT + 60}"',
        ' font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="{LEFT}" y="16">{title}</text>{shaded}{band}',
        _area(values, values, y, "#1f4e79", "0.8"),
        _area(score, score, score_y, "#b03a2e", "0.8"),
        f'<text x="{LEFT}" y="{HEIGHT + SCORE_HEIGHT + 54}">{legend}</text></svg>\n',
    )
    return "".join(parts)


def _x(row: float, rows: int) -> float:
    return LEFT + COLUMNS * row / rows


def _area(low: np.ndarray, high: np.ndarray, y: Callable[[float], float], colour: str, line: str = "0") -> str:
    edges = np.linspace(0, len(low), COLUMNS + 1).astype(int)
    upper, lower = [], []
    for start, end in pairwise(edges):
        if start == end or np.isnan(low[start:end]).all():
            continue
        x = _x((start + end) / 2, len(low))
        upper.append(f"{x:.1f},{y(float(np.nanmax(high[start:end]))):.1f}")
        lower.append(f"{x:.1f},{y(float(np.nanmin(low[start:end]))):.1f}")
    points = " ".join([*upper, *reversed(lower)])
    return f'<polygon points="{points}" fill="{colour}" fill-opacity="0.7" stroke="{colour}" stroke-width="{line}"/>'
