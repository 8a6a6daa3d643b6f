"""One side of `make bench-analyses`, in a process of its own: prints a line of JSON with its seconds and its memory."""

import argparse
import json
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from analyses.plain_sql import QUESTIONS
from pyspark.sql import SparkSession

from iot_contracts.tables import READINGS
from stream_processor.analyses.inputs import Range
from stream_processor.analyses.results import NAMES
from stream_processor.analyses.run import run
from stream_processor.analyses.storage import read_snapshot
from stream_processor.settings import Settings
from stream_processor.spark_session import open_session
from stream_processor.tables.schemas import CATALOG, full_name

START = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = 30
OF_PANES = ("anomalies", "battery", "correlations", "profiles", "capacity")
"""Analyses that read no reading of a day whose panes are kept, but for the reasons of anomalies."""
HEAP_MB = 1024


def main() -> None:
    """Run a side."""
    parser = argparse.ArgumentParser()
    parser.add_argument("side", choices=("fill", "day", "all", "panes", "sql"))
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--jars", type=Path, required=True)
    parser.add_argument("--readings", type=int, required=True)
    parser.add_argument("--sensors", type=int, required=True)
    parser.add_argument("--days", type=int, default=DAYS)
    given = parser.parse_args()
    settings = Settings(
        hdfs_uri=f"file:{given.folder}/hdfs",
        work_dir=given.folder / "work",
        jars_dir=given.jars,
        master="local[2]",
        driver_memory_mb=HEAP_MB,
    )
    spark = open_session(settings)
    spark.conf.set(f"spark.sql.catalog.{CATALOG}.type", "hadoop")
    range_ = Range(START, START + timedelta(days=given.days))
    began = time.monotonic()
    match given.side:
        case "fill" | "day":
            interval_s = DAYS * 86_400 * given.sensors / given.readings
            first = 0 if given.side == "fill" else given.days - 1
            _append(spark, given.sensors, interval_s, first, given.days)
        case "sql":
            _ask_in_sql(spark, range_)
        case side:
            run(spark, f"file:{given.folder}", OF_PANES if side == "panes" else NAMES, range_, lambda _: None)
    seconds = time.monotonic() - began
    sys.stdout.write(
        json.dumps({"seconds": round(seconds, 1), "cpu_s": round(_cpu_s(spark), 1), "rss_mb": _peak_mb(spark)}) + "\n"
    )
    spark.stop()


def _append(spark: SparkSession, sensors: int, interval_s: float, first_day: int, days: int) -> None:
    """Readings of the days from `first_day` on: four types at five locations, 1 % anomalous, batteries that drain."""
    spark.sql(
        f"""CREATE TABLE IF NOT EXISTS {full_name(READINGS)} (sensor_id string, sensor_type string, location string,
        unit string, value double, is_anomaly boolean, battery_level double, event_timestamp timestamp,
        processing_time timestamp, detected_anomaly boolean, anomaly_score double, anomaly_reason string)
        USING iceberg PARTITIONED BY (days(event_timestamp))"""
    )
    steps = int(86_400 / interval_s)
    for day in range(first_day, days):
        spark.range(sensors * steps).createOrReplaceTempView("numbers")
        spark.sql(f"""
            WITH raw AS (
                SELECT id % {sensors} AS sensor, pmod(xxhash64(id, {day}), 1000000) / 1e6D AS chance,
                    {START.timestamp() + day * 86_400}D + floor(id / {sensors}) * {interval_s}D
                        + (id % {sensors}) / {sensors}D AS at
                FROM numbers)
            SELECT format_string('SENSOR_%05d', sensor) AS sensor_id,
                element_at(array('temperature', 'humidity', 'pressure', 'light'), int(sensor % 4) + 1) AS sensor_type,
                concat('Place-', sensor % 5) AS location,
                element_at(array('Celsius', '%', 'hPa', 'lux'), int(sensor % 4) + 1) AS unit,
                round(20 + 5 * sin(at / 13751) + randn(3), 2) AS value, chance < 0.012 AS is_anomaly,
                greatest(1.0D, 100 - (at - {START.timestamp()}D) / 86400 * (sensor % 7) / 3) AS battery_level,
                timestamp_micros(bigint(at * 1e6)) AS event_timestamp,
                timestamp_micros(bigint(at * 1e6) + 900000) AS processing_time, chance < 0.01 AS detected_anomaly,
                if(chance < 0.01, 4.2D, 0.3D) AS anomaly_score,
                if(chance < 0.01, concat('value ', int(chance * 10000), ' is above normal'), NULL) AS anomaly_reason
            FROM raw""").sortWithinPartitions("sensor_id", "event_timestamp").writeTo(full_name(READINGS)).append()


def _ask_in_sql(spark: SparkSession, range_: Range) -> None:
    table, _ = read_snapshot(spark)
    end = f"TIMESTAMP '{range_.end:%Y-%m-%d %H:%M:%S}'"
    table.where(f"event_timestamp < {end}").createOrReplaceTempView("readings")
    for question in QUESTIONS.values():
        spark.sql(question).collect()


def _processes(spark: SparkSession) -> list[Path]:
    """What Linux says of this process and of its JVM."""
    jvm = spark.sparkContext._jvm
    assert jvm is not None
    return [Path("/proc/self"), Path(f"/proc/{jvm.ProcessHandle.current().pid()}")]


def _cpu_s(spark: SparkSession) -> float:
    """CPU time of both since their start: of use when others load the machine."""
    ticks = [(process / "stat").read_text().rpartition(")")[2].split()[11:13] for process in _processes(spark)]
    return sum(int(tick) for both in ticks for tick in both) / os.sysconf("SC_CLK_TCK")


def _peak_mb(spark: SparkSession) -> int:
    """Highest memory of both together."""
    texts = [(process / "status").read_text() for process in _processes(spark)]
    return sum(int(text.partition("VmHWM:")[2].split()[0]) for text in texts) // 1024


if __name__ == "__main__":
    main()
