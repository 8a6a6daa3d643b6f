"""All analyses in one run, against the same questions in plain Spark SQL one by one; and a rerun after one new day.

Both sides read the same Iceberg table in a local folder with two threads and a heap of 1 GiB, each in a new process.
What is stored, a table and three files a result, counts on our side alone.
"""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from bench.report import print_result, print_table
from stack.paths import BUNDLED_JAVA_HOME, JARS, SERVICES, SPARK_JAVA_HOME, venv_python

READINGS = int(os.environ.get("READINGS") or 10_000_000)
SENSORS = int((os.environ.get("SENSORS") or "200").split(",")[0])
DAYS = 30
BAR_RATIO = 0.5
BAR_RERUN = 0.1
SIDE = SERVICES / "stream-processor" / "tests" / "time_analyses.py"


def run_side(side: str, folder: Path, days: int = DAYS) -> dict[str, float]:
    """Run one side in a new process; returns what it printed. Raises AssertionError with its output when it failed."""
    command = [
        str(venv_python("stream-processor")), str(SIDE), side, "--folder", str(folder), "--jars", str(JARS / "spark"),
        "--readings", str(READINGS), "--sensors", str(SENSORS), "--days", str(days),
    ]  # fmt: skip
    environment = os.environ | {
        "JAVA_HOME": str(SPARK_JAVA_HOME),
        "IOT_JAVA_HOME": str(BUNDLED_JAVA_HOME),
        "PYSPARK_PYTHON": str(venv_python("stream-processor")),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, start_new_session=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith('{"seconds"')]
    assert lines, done.stdout[-4000:] + done.stderr[-4000:]
    found: dict[str, float] = json.loads(lines[-1])
    return found


def main() -> int:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="iot-bench-analyses-") as name:
        folder = Path(name)
        run_side("fill", folder)
        sql = run_side("sql", folder)
        whole = run_side("all", folder)
        run_side("day", folder, DAYS + 1)
        rerun = run_side("panes", folder, DAYS + 1)
        shutil.rmtree(folder / "hdfs" / "iot-data" / "iot" / "analysis_panes")
        full = run_side("panes", folder, DAYS + 1)
    rows = {
        "ten questions in plain SQL": sql,
        "ten analyses in one run, stored": whole,
        "five of panes, nothing kept": full,
        "five of panes, one new day": rerun,
    }
    print(f"{READINGS:,} readings of {SENSORS} sensors in {DAYS} days; seconds without the start of Spark, CPU with it")
    print_table(rows)
    return print_result(
        "analyses",
        ratio=round(whole["seconds"] / sql["seconds"], 3),
        bar_ratio=BAR_RATIO,
        cpu_ratio=round(whole["cpu_s"] / sql["cpu_s"], 3),
        rerun_ratio=round(rerun["seconds"] / full["seconds"], 3),
        bar_rerun_ratio=BAR_RERUN,
        peak_rss_mb=whole["rss_mb"],
        readings=READINGS,
    )


if __name__ == "__main__":
    raise SystemExit(main())
