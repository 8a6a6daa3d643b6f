"""`simulator load` on the terminal: a table for a person, and as the last line JSON for a program."""

import json
import sys
from collections.abc import Mapping

from rich.console import Console

from simulator.errors import ConfigurationError
from simulator.load.figures import Figures
from simulator.load.plan import Plan
from simulator.load.processes import run_load
from simulator.settings import Settings

PERCENTILES = {"p50_ms": 50.0, "p95_ms": 95.0, "p99_ms": 99.0, "p999_ms": 99.9}


def run_and_report(plan: Plan, settings: Settings) -> bool:
    """Run the load and print; true when every reading was accepted.

    Raises ConfigurationError for an address that can't be loaded.
    """
    if not plan.url.startswith("http://"):
        raise ConfigurationError(f"{plan.url}: the load generator speaks plain HTTP only; give --url http://…")
    console = Console(stderr=True, highlight=False)
    pace = "as fast as answers come" if plan.rate_per_s is None else f"{plan.rate_per_s:g} readings/s, open loop"
    told = f"{pace}, {plan.batch} a request, for {plan.duration_s:g} s after {plan.warm_up_s:g} s of warm-up …"
    figures = run_load(plan, settings, lambda: console.print(told, soft_wrap=True))
    result = figures_of(plan, figures)
    for name, value in result.items():
        sys.stdout.write(f"{name:<24}{value}\n")
    sys.stdout.write(json.dumps({"name": "load", **result}) + "\n")
    return set(figures.statuses) == {202} and not (figures.failures or figures.unsent or figures.rejected)


def figures_of(plan: Plan, figures: Figures) -> Mapping[str, object]:
    """The figures by name, the unit in the name."""
    latencies = {name: _ms(figures.latencies.get_value_at_percentile(percent)) for name, percent in PERCENTILES.items()}
    return {
        "readings_per_s": round(figures.accepted / figures.elapsed_s) if figures.elapsed_s else 0,
        "offered_readings_per_s": "max" if plan.rate_per_s is None else plan.rate_per_s,
        "accepted": figures.accepted,
        "rejected": figures.rejected,
        "warm_up_accepted": figures.warm_up_accepted,
        "requests": sum(figures.statuses.values()),
        "statuses": {str(status): count for status, count in sorted(figures.statuses.items())},
        "failures": dict(figures.failures),
        "unsent_requests": figures.unsent,
        **latencies,
        "max_ms": _ms(figures.latencies.get_max_value()),
        "mean_ms": _ms(figures.latencies.get_mean_value()),
        "send_lag_p99_ms": _ms(figures.lags.get_value_at_percentile(99)),
        "elapsed_s": round(figures.elapsed_s, 3),
        "batch": plan.batch,
        "sensors": plan.sensors,
        "connections": plan.connections * plan.workers,
        "workers": plan.workers,
    }


def _ms(value_us: float) -> float:
    return round(value_us / 1000, 3)
