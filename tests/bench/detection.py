"""How well and how fast the stream's detector works: NAB's score, the simulator's faults, VUS-PR by family.

SEED draws other series, HOURS says how long the simulator's feeds are, NAB_DIR where NAB's series lie.
Pictures go to docs/images/detection-*.svg.
"""

import os
import time
from pathlib import Path

import numpy as np

from bench.anomaly_families import FAMILIES, series_of
from bench.detection_pictures import picture
from bench.fault_figures import Tally
from bench.fleet_faults import KINDS, feeds
from bench.nab_kinds import made_up
from bench.nab_scoring import PROFILES, Scored, best
from bench.nab_series import FOLDER, load
from bench.report import print_result, print_table
from bench.vus import period_of, vus_pr
from stream_processor.detection import detect
from stream_processor.detection.kernel import Scores, score_batch
from stream_processor.detection.reasons import REASONS
from stream_processor.detection.state import STATE, new_states

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
REASONS_OF = {
    "spike": ("rate_of_change", "level", "out_of_range"),
    "stuck_at": ("stuck",),
    "noise_burst": ("rate_of_change", "level", "spread", "shape"),
}
MINUTE_US = 60_000_000


def run() -> int:
    """Measure and print; without NAB's series that part is left out, with the reason."""
    seed, hours = int(os.environ.get("SEED") or 2026), float(os.environ.get("HOURS") or 48)
    detect(np.arange(2), np.arange(2))  # compiles
    nab, faults = _nab(), _faults(seed, hours)
    shapes = {family: round(_vus(family, seed), 3) for family in FAMILIES}
    print_table({family: {"VUS-PR": figure} for family, figure in shapes.items()})
    return print_result(
        "detection",
        nab_standard=nab.get("standard"),
        nab=nab,
        nab_made_up=_nab_made_up(seed),
        faults=faults,
        vus_pr=round(float(np.mean(list(shapes.values()))), 3),
        vus_pr_by_family=shapes,
        us_a_reading=round(_cost_us(seed), 2),
        state_bytes=STATE.itemsize,
        seed=seed,
    )


def _score(times_us: np.ndarray, values: np.ndarray, limits: tuple[float, float] = (np.nan, np.nan)) -> Scores:
    n = len(values)
    return score_batch(new_states(1), np.zeros(n, np.int32), times_us, values, np.tile(limits, (n, 1)))


def _nab() -> dict[str, float]:
    if not (FOLDER / "windows.json").is_file():
        print(f"no NAB series in {FOLDER}: left out")
        return {}
    scored = []
    for series in load():
        scores = _score(series.times_us, series.values)
        scored.append(Scored(scores.score, series.windows))
        drawn = picture(series.name, series.values, scores.low, scores.high, scores.score, series.windows)
        (IMAGES / f"detection-{series.name.replace('_', '-')}.svg").write_text(drawn)
    results = {name: best(scored, profile) for name, profile in PROFILES.items()}
    rows = {name: {"score": round(r.score, 1), "threshold": round(r.threshold, 3)} for name, r in results.items()}
    print_table(rows)
    return {name: round(result.score, 1) for name, result in results.items()}


def _nab_made_up(seed: int) -> float:
    """NAB's standard score of series like its own."""
    scored = [Scored(_score(item.times_us, item.values).score, item.windows) for item in made_up(seed, 5)]
    return round(best(scored, PROFILES["standard"]).score, 1)


def _faults(seed: int, hours: float) -> dict[str, dict[str, float]]:
    figures = {}
    for kind in KINDS:
        tally = Tally()
        for feed in feeds(kind, seed, hours):
            scores = _score(feed.times_us, feed.values, feed.limits)
            wanted = [REASONS.index(reason) for reason in REASONS_OF.get(kind, REASONS[1:])]
            of_kind = scores.anomaly & np.isin(scores.reason, wanted)
            tally.add(of_kind, scores.anomaly, feed.is_fault, hours / 24)
        figures[kind] = tally.figures()
    print_table(figures)
    return figures


def _vus(family: str, seed: int) -> float:
    figures = []
    for values, labels in series_of(family, seed, 10):
        times_us = np.arange(len(values)) * MINUTE_US
        figures.append(vus_pr(_score(times_us, values).score, labels, period_of(values)))
    return float(np.mean(figures))


def _cost_us(seed: int) -> float:
    """A thousand series in turns, so that no state stays in the processor's cache by itself."""
    n, count = 1_000_000, 1000
    values = np.random.default_rng(seed).standard_normal(n)
    series, times_us = (np.arange(n) % count).astype(np.int32), np.arange(n) // count * 2_000_000
    states, limits = new_states(count), np.full((n, 2), np.nan)
    started = time.perf_counter()
    score_batch(states, series, times_us, values, limits)
    return (time.perf_counter() - started) / n * 1e6


if __name__ == "__main__":
    raise SystemExit(run())
