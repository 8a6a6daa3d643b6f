"""What is said of many samples."""

import statistics
from collections.abc import Sequence


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
