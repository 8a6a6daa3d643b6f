"""What pairs of runs say: a machine changes from minute to minute, so a ratio is of two runs side by side. Pure."""

import statistics
from collections.abc import Mapping, Sequence

Figures = Mapping[str, object]
Pair = tuple[Figures, Figures]
"""The figures of the other checkout and of this one."""


def compared(pairs: Sequence[Pair]) -> dict[str, dict[str, float]]:
    """A row for each figure that isn't the same in all runs: both medians, and the ratios' median, least and most.

    A ratio is this checkout's figure by the other's; a pair whose other figure is 0 has none.
    """
    rows = {}
    for figure in pairs[0][0]:
        both = [
            (before, now) for before, now in ((_number(base, figure), _number(this, figure)) for base, this in pairs)
        ]
        numbers = [(before, now) for before, now in both if before is not None and now is not None]
        ratios = [now / before for before, now in numbers if before]
        if len({value for pair in numbers for value in pair}) > 1 and ratios:
            rows[figure] = {
                "before": round(statistics.median(before for before, _ in numbers), 3),
                "now": round(statistics.median(now for _, now in numbers), 3),
                "ratio": round(statistics.median(ratios), 3),
                "least": round(min(ratios), 3),
                "most": round(max(ratios), 3),
            }
    return rows


def fell_behind(pairs: Sequence[Pair]) -> bool:
    """Whether a client fell behind in one of the runs."""
    return any(figures.get("client_fell_behind") for pair in pairs for figures in pair)


def _number(figures: Figures, name: str) -> float | None:
    value = figures.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
