"""How long `POST /v1/rules/backtest` takes over seven days of the default fleet: 6,048,000 readings of 20 sensors.

A stack of the benchmark's own, whose table is filled first; files are in query-api's cache when the clock starts.
"""

import os
import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psutil

from bench.filled_stack import filled_stack, ready_s
from bench.report import print_result, print_table

READINGS = int(os.environ.get("READINGS") or 6_048_000)
DAYS, SENSORS, TIMES, ANSWER_S = 7, 20, 5, 120
BAR_THRESHOLD_S, BAR_SCORE_S = 2, 20
RULES: dict[str, dict[str, Any]] = {
    "threshold above 24.5": {"kind": "threshold", "above": 24.5},
    "threshold of each type": {"kind": "threshold"},
    "battery": {"kind": "battery", "below": 93},
    "detector's verdict": {"kind": "detector"},
    "detector's score": {"kind": "detector", "min_score": 0.6},
}


def asked(client: httpx.Client, parameters: dict[str, Any], span: dict[str, str]) -> tuple[list[float], dict[str, Any]]:
    """Seconds of each answer, after one that is not counted, and the last answer."""
    rule = {"rule_id": "tried", "name": "Tried", "severity": "low", "parameters": parameters}
    took, answer = [], {}
    for _ in range(TIMES + 1):
        started = time.perf_counter()
        response = client.post("/v1/rules/backtest", json={"rule": rule, **span})
        took.append(time.perf_counter() - started)
        assert response.status_code == httpx.codes.OK, response.text[:500]
        answer = response.json()
    assert answer["readings"] >= READINGS, answer["readings"]
    return took[1:], answer


def main() -> int:
    """Measure and print."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    span = {"from": (today - timedelta(days=DAYS)).isoformat(), "to": today.isoformat()}
    rows: dict[str, dict[str, float]] = {}
    with filled_stack("bench-backtest", READINGS, DAYS, SENSORS) as stack:
        ready_s(stack, "query-api")
        process = psutil.Process(stack.pid("query-api"))
        before_mib = process.memory_info().rss / 2**20
        with httpx.Client(base_url=stack.url("query-api"), timeout=ANSWER_S) as client:
            for name, parameters in RULES.items():
                took, answer = asked(client, parameters, span)
                rows[name] = {
                    "median s": round(statistics.median(took), 2),
                    "slowest s": round(max(took), 2),
                    "alerts": answer["opened"],
                }
                print(f"{name}: {rows[name]}", flush=True)
        grown_mib = process.memory_info().rss / 2**20 - before_mib
    print_table(rows)
    thresholds = [row["median s"] for name, row in rows.items() if name.startswith("threshold")]
    return print_result(
        "backtest",
        readings=READINGS,
        threshold_s=max(thresholds),
        bar_threshold_s=BAR_THRESHOLD_S,
        score_s=rows["detector's score"]["median s"],
        bar_score_s=BAR_SCORE_S,
        grown_mib=round(grown_mib),
    )


if __name__ == "__main__":
    raise SystemExit(main())
