"""How every benchmark prints: a table for a person, and as the last line JSON for a program."""

import json
import statistics
from collections.abc import Mapping, Sequence


def percentile(samples: Sequence[float], percent: float) -> float:
    """Nearest-rank percentile of the samples, in their unit."""
    ordered = sorted(samples)
    rank = max(1, -(-len(ordered) * percent // 100))
    return ordered[int(rank) - 1]


def latency_row(samples_s: Sequence[float]) -> dict[str, float]:
    """p50, p95, p99 and maximum of latencies given in seconds, in milliseconds."""
    return {
        "p50_ms": round(percentile(samples_s, 50) * 1000, 1),
        "p95_ms": round(percentile(samples_s, 95) * 1000, 1),
        "p99_ms": round(percentile(samples_s, 99) * 1000, 1),
        "max_ms": round(max(samples_s) * 1000, 1),
        "mean_ms": round(statistics.fmean(samples_s) * 1000, 1),
    }


def print_table(rows: Mapping[str, Mapping[str, float | int]]) -> None:
    """One line per row, figures under their names."""
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    width = max(len(name) for name in rows) + 2
    print(" " * width + "".join(f"{column:>12}" for column in columns))
    for name, row in rows.items():
        print(f"{name:<{width}}" + "".join(f"{row.get(column, ''):>12}" for column in columns))


def print_result(name: str, **figures: object) -> None:
    """The line that programs read."""
    print(json.dumps({"name": name, **figures}))
