"""A run over a real Iceberg table on local disk: what it stores, and that a rerun doubles nothing."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from analyses.month import COLUMNS, START
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from iot_contracts.tables import READINGS
from stream_processor.analyses.inputs import Range
from stream_processor.analyses.run import run
from stream_processor.analyses.storage import ResultStore
from stream_processor.tables.schemas import full_name

NAMES = ("capacity",)


@pytest.mark.usefixtures("tables")
def test_a_rerun_replaces_its_results(spark: SparkSession, a_month: list[tuple[Any, ...]], tmp_path: Path) -> None:
    day, root = Range(START, START + timedelta(days=1)), f"file:{tmp_path}"
    stored = spark.createDataFrame(a_month[:48], COLUMNS).select(
        "*",
        F.uuid().alias("reading_id"),
        F.lit(None).cast("double").alias("expected_low"),
        F.lit(None).cast("double").alias("expected_high"),
        F.lit(0).alias("kafka_partition"),
        F.monotonically_increasing_id().alias("kafka_offset"),
    )
    stored.select(*(column.name for column in READINGS.columns)).writeTo(full_name(READINGS)).append()
    steps: list[dict[str, Any]] = []

    first = run(spark, root, NAMES, day, steps.append)
    again = run(spark, root, NAMES, day, steps.append)

    # What is free on this machine's disk changes meanwhile.
    for column in ("day", "readings", "bytes", "bytes_per_day"):
        assert again["results"]["capacity"][0][column] == first["results"]["capacity"][0][column]
    assert [step["analysis"] for step in steps] == [*NAMES, *NAMES]
    assert first["results"]["capacity"][0]["readings"] == 48
    assert spark.table("lake.iot.analysis_capacity").count() == 1
    records = spark.table("lake.iot.analysis_runs").orderBy("analysis").collect()
    assert [(row.analysis, row.input_rows, row.snapshot_id) for row in records] == [
        (name, 48, first["snapshot_id"]) for name in sorted(NAMES)
    ]
    folder = tmp_path / "analytics" / "capacity" / "2026-03-01"
    for kind in ("parquet", "csv", "json"):
        assert spark.read.load(str(folder / kind), format=kind, header=True).count() == 1
    store = ResultStore(spark, root)
    store.write("capacity", day, [])
    assert spark.table("lake.iot.analysis_capacity").count() == 0, "a rerun that finds nothing leaves nothing"
    store.prune("capacity", kept_ranges=1)
    assert spark.table("lake.iot.analysis_runs").count() == 1
    store.prune("capacity", kept_ranges=0)
    assert spark.table("lake.iot.analysis_runs").count() == 0
    assert not folder.exists()
    for name in ("analysis_runs", *(f"analysis_{name}" for name in NAMES)):
        spark.sql(f"DROP TABLE lake.iot.{name} PURGE")
