"""A chart as lines, rectangles and texts, which HTML and PDF draw alike. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from iotctl.report.model import Chart

WIDTH, HEIGHT = 480.0, 150.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 48.0, 6.0, 10.0, 18.0


@dataclass(frozen=True)
class Bar:
    """A rectangle; y grows downwards, as in SVG."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Rule:
    """A horizontal grid line."""

    x1: float
    x2: float
    y: float


@dataclass(frozen=True)
class Label:
    """A text, aligned at `x` as `anchor` says: middle or end."""

    x: float
    y: float
    text: str
    anchor: Literal["middle", "end"]


Shape = Bar | Rule | Label


def plot(chart: Chart) -> list[Shape]:
    """Bars from zero with three grid lines, on WIDTH × HEIGHT."""
    top = max(chart.values, default=0.0) or 1.0
    base, room = HEIGHT - _BOTTOM, HEIGHT - _TOP - _BOTTOM
    shapes: list[Shape] = []
    for part in (0.0, 0.5, 1.0):
        y = base - part * room
        shapes += [
            Rule(_LEFT, WIDTH - _RIGHT, y),
            Label(_LEFT - 4, y + 3, f"{tick(part * top, chart.decimal_mark)}{chart.unit}", "end"),
        ]
    step = (WIDTH - _LEFT - _RIGHT) / max(len(chart.values), 1)
    for index, (label, value) in enumerate(zip(chart.labels, chart.values, strict=True)):
        height = value / top * room
        width = min(step * 0.8, 60.0)
        shapes.append(Bar(_LEFT + (index + 0.5) * step - width / 2, base - height, width, height))
        shapes.append(Label(_LEFT + (index + 0.5) * step, base + 12, label, "middle"))
    return shapes


def tick(value: float, decimal_mark: str = ".") -> str:
    """A short number: 1.5k, 20, 0.25."""
    for size, name in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g}{name}".replace(".", decimal_mark)
    return f"{value:.3g}".replace(".", decimal_mark)
