"""Ten questions over many readings: query-api beside DuckDB alone over the same files on local disk, and Trino in HDFS.

A stack of the benchmark's own, whose tables are filled first (`READINGS=100000000`, 30 days of 200 sensors); files are
in the local cache when the clock starts, for query-api and DuckDB. Trino starts when those two are measured.
"""

import json
import os
import statistics
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psutil

from bench.filled_stack import filled_stack, ready_s
from bench.percentiles import percentile
from bench.report import print_result, print_table
from stack.paths import SERVICES, venv_python
from support.stack import Stack
from support.trino_client import TrinoClient

READINGS = int(os.environ.get("READINGS") or 100_000_000)
DAYS, SENSORS, TIMES = 30, 200, 20
BAR_DUCKDB, BAR_TRINO, BAR_DAY_MS, BAR_MONTH_MS, BAR_SENSOR_MS = 1.5, 5, 25, 50, 30
INSTALLED_AND_UP_S, ANSWER_S = 900, 120
# Trino has no exact quantiles, and no buckets of ten seconds.
IN_TRINO = {
    "median(value)": "approx_percentile(value, 0.5)",
    "quantile_cont(value, 0.95)": "approx_percentile(value, 0.95)",
    "time_bucket(INTERVAL '10 seconds', event_timestamp)": "10 * floor(to_unixtime(event_timestamp) / 10)",
}
ALONE = SERVICES / "query-api" / "tests" / "duckdb_alone.py"


@dataclass(frozen=True)
class Question:
    """What is asked of query-api, and the same in SQL over the readings."""

    name: str
    path: str
    parameters: dict[str, str]
    sql: str
    by_rollups: bool

    @property
    def trino_sql(self) -> str:
        """The same in Trino's SQL."""
        text = self.sql
        for ours, theirs in IN_TRINO.items():
            text = text.replace(ours, theirs)
        return text


def questions(today: datetime) -> list[Question]:
    """Four that rollups serve, and six that need the readings."""
    month, day = today - timedelta(days=DAYS), today - timedelta(days=1)
    ragged = day + timedelta(hours=11, minutes=59, seconds=30.5)
    figures = (
        "count(*), avg(value), min(value), max(value), stddev_samp(value), count(*) FILTER (WHERE detected_anomaly)"
    )
    sensor = "SENSOR_00042"

    def text(time: datetime) -> str:
        return time.isoformat().replace("+00:00", "Z")

    def within(start: datetime, end: datetime) -> str:
        first, last = (f"CAST('{time.isoformat(' ')}' AS timestamp with time zone)" for time in (start, end))
        return f"event_timestamp >= {first} AND event_timestamp < {last}"

    def span(start: datetime, end: datetime) -> dict[str, str]:
        return {"from": text(start), "to": text(end)}

    minute = ragged + timedelta(seconds=47)
    hour = ragged + timedelta(hours=1)
    return [
        Question(
            "30 days by type, location", "/v1/stats", {"group_by": "sensor_type,location"},
            f"SELECT sensor_type, location, {figures} FROM readings GROUP BY 1, 2", True,
        ),
        Question(
            "30 days by sensor", "/v1/stats", {"group_by": "sensor_id"},
            f"SELECT sensor_id, {figures} FROM readings GROUP BY 1", True,
        ),
        Question(
            "a sensor by hour, 30 days", "/v1/timeseries",
            {"sensor_id": sensor, "interval": "1h", **span(month, today)},
            "SELECT date_trunc('hour', event_timestamp), count(*), avg(value), min(value), max(value) FROM readings "
            f"WHERE sensor_id = '{sensor}' GROUP BY 1", True,
        ),
        Question(
            "24 h by type, location", "/v1/stats",
            {"group_by": "sensor_type,location", **span(ragged - timedelta(hours=24), ragged)},
            f"SELECT sensor_type, location, {figures} FROM readings "
            f"WHERE {within(ragged - timedelta(hours=24), ragged)} GROUP BY 1, 2", True,
        ),
        Question(
            "47 s by sensor", "/v1/stats", {"group_by": "sensor_id", **span(ragged, minute)},
            f"SELECT sensor_id, {figures} FROM readings WHERE {within(ragged, minute)} GROUP BY 1", False,
        ),
        Question(
            "a sensor's last day, rows", "/v1/readings",
            {"sensor_id": sensor, "limit": "10000", **span(day, today)},
            f"SELECT * FROM readings WHERE sensor_id = '{sensor}' AND {within(day, today)} "
            "ORDER BY event_timestamp DESC LIMIT 10000", False,
        ),
        Question(
            "a type by 10 s, an hour", "/v1/timeseries",
            {"sensor_type": "pressure", "interval": "10s", **span(ragged, hour)},
            "SELECT time_bucket(INTERVAL '10 seconds', event_timestamp), count(*), avg(value), min(value), max(value) "
            f"FROM readings WHERE sensor_type = 'pressure' AND {within(ragged, hour)} GROUP BY 1", False,
        ),
        Question(
            "anomalies of a day", "/v1/anomalies", {"limit": "1000", **span(day, today)},
            f"SELECT * FROM readings WHERE detected_anomaly AND {within(day, today)} "
            "ORDER BY event_timestamp DESC LIMIT 1000", False,
        ),
        Question(
            "median and p95 of a day by type", "/v1/sql", {},
            "SELECT sensor_type, median(value), quantile_cont(value, 0.95) FROM readings "
            f"WHERE {within(day, today)} GROUP BY 1", False,
        ),
        Question(
            "newest of each sensor, a day", "/v1/latest", span(day, today),
            "SELECT sensor_id, max(event_timestamp), max_by(value, event_timestamp) FROM readings "
            f"WHERE {within(day, today)} GROUP BY 1", False,
        ),
    ]  # fmt: skip


def asked(client: httpx.Client, question: Question) -> list[float]:
    """Milliseconds of each answer, after one that is not counted."""
    took = []
    for _ in range(TIMES + 1):
        started = time.perf_counter()
        if question.path == "/v1/sql":
            sql = question.sql.replace("FROM readings", "FROM iot.readings")
            answer = client.post(question.path, json={"sql": sql})
        else:
            answer = client.get(question.path, params=question.parameters)
        took.append((time.perf_counter() - started) * 1000)
        assert answer.status_code == httpx.codes.OK, f"{question.name}: {answer.text[:500]}"
    print(f"{question.name}: {statistics.median(took[1:]):.1f} ms", flush=True)
    return took[1:]


def trino_alone(stack: Stack, asked_for: list[Question]) -> dict[str, float]:
    """Trino's milliseconds over the same tables, its answers read whole."""
    stack.make("up", WITH="trino", deadline_s=INSTALLED_AND_UP_S)
    found = {}
    with httpx.Client(base_url=f"http://127.0.0.1:{stack.port('TRINO')}", timeout=ANSWER_S) as http:
        [[counted]] = TrinoClient(http).ask("SELECT count(*) FROM readings")
        assert counted >= READINGS, f"Trino sees {counted} readings of {READINGS}"
        for question in asked_for:
            took = []
            for _ in range(TIMES + 1):
                started = time.perf_counter()
                TrinoClient(http).ask(question.trino_sql)
                took.append((time.perf_counter() - started) * 1000)
            found[question.name] = statistics.median(took[1:])
            print(f"{question.name}: Trino {found[question.name]:.1f} ms", flush=True)
    return found


def alone(stack: Stack, asked_for: list[Question]) -> dict[str, float]:
    """DuckDB's milliseconds over the files that query-api has in its cache."""
    cache = Path(stack.state_dir) / "data" / "query-api" / "cache"
    found_files = [*(cache / "data-files").glob("*.parquet"), *(cache / "merged").glob("*.parquet")]
    files = [str(path) for path in found_files if _is_of_readings(path)]
    wanted = {"files": files, "times": TIMES, "questions": {one.name: one.sql for one in asked_for}}
    done = subprocess.run(
        [venv_python("query-api"), ALONE], input=json.dumps(wanted), stdout=subprocess.PIPE, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _is_of_readings(path: Path) -> bool:
    return b"kafka_offset" in path.read_bytes()[-100_000:]


def main() -> int:
    """Measure and print."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    wanted = questions(today)
    with filled_stack("bench-query", READINGS, DAYS, SENSORS) as stack:
        stack.kill9("query-api")
        back_s = ready_s(stack, "query-api")
        with httpx.Client(base_url=stack.url("query-api"), timeout=ANSWER_S) as client:
            times = {one.name: asked(client, one) for one in wanted}
        rss_mib = psutil.Process(stack.pid("query-api")).memory_info().rss / 2**20
        peer = alone(stack, wanted)
        trino = trino_alone(stack, wanted)
    rows = {
        one.name: {
            "median ms": round(statistics.median(times[one.name]), 1),
            "p95 ms": round(percentile(times[one.name], 95), 1),
            "DuckDB alone ms": round(peer[one.name], 1),
            "ratio": round(statistics.median(times[one.name]) / peer[one.name], 2),
            "Trino ms": round(trino[one.name], 1),
            "Trino takes": round(trino[one.name] / statistics.median(times[one.name]), 1),
        }
        for one in wanted
    }
    print_table(rows)
    served = [float(rows[one.name]["Trino takes"]) for one in wanted if one.by_rollups]
    raw = [float(rows[one.name]["ratio"]) for one in wanted if not one.by_rollups]
    return print_result(
        "query",
        readings=READINGS,
        ratio_duckdb=round(statistics.median(raw), 2),
        bar_ratio_duckdb=BAR_DUCKDB,
        ratio_trino=round(statistics.median(served), 1),
        bar_ratio_trino=BAR_TRINO,
        month_p95_ms=max(rows[one.name]["p95 ms"] for one in wanted[:2]),
        bar_month_p95_ms=BAR_MONTH_MS,
        sensor_month_p95_ms=rows[wanted[2].name]["p95 ms"],
        bar_sensor_month_p95_ms=BAR_SENSOR_MS,
        day_p95_ms=rows[wanted[3].name]["p95 ms"],
        bar_day_p95_ms=BAR_DAY_MS,
        restart_s=round(back_s, 1),
        rss_mib=round(rss_mib),
    )


if __name__ == "__main__":
    raise SystemExit(main())
