"""Compaction and expiry on a real Iceberg table."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlparse

import pytest
from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, SparkSession

from iot_contracts.tables import ANOMALIES, READINGS, TABLES
from stream_processor.maintenance.compaction import maintain
from stream_processor.settings import Settings
from stream_processor.tables import anomalies
from stream_processor.tables.catalog import ancestors, append, newest_with_offsets
from stream_processor.tables.readings import snapshot_properties
from stream_processor.tables.schemas import full_name

pytestmark = pytest.mark.usefixtures("tables")
Processed = Callable[..., DataFrame]


def fill(processed: Processed, snapshots: int) -> None:
    """So many snapshots of one file and one reading each, of sensors in descending order."""
    for offset in range(snapshots):
        rows = processed({"kafka_offset": offset, "sensor_id": f"SENSOR_{snapshots - offset}"})
        append(rows, READINGS, snapshot_properties({0: offset + 1}, "query", offset, {}))


def data_files(spark: SparkSession) -> int:
    return spark.table(f"{full_name(READINGS)}.files").count()


def test_compaction_makes_one_file_of_many_and_keeps_every_row(
    spark: SparkSession, settings: Settings, processed: Processed
) -> None:
    fill(processed, 3)
    before = sorted(spark.table(full_name(READINGS)).collect())
    few = settings.model_copy(update={"compaction_min_input_files": 3})
    assert maintain(spark, few) == {table.name: 0 for table in TABLES} | {READINGS.name: 3}
    assert data_files(spark) == 1
    rows = spark.table(full_name(READINGS)).collect()
    assert sorted(rows) == before
    assert [row["sensor_id"] for row in rows] == ["SENSOR_1", "SENSOR_2", "SENSOR_3"]
    # Nothing is past its retention yet.
    assert len(list(ancestors(spark, READINGS))) == 4


def test_too_few_files_are_left_alone(spark: SparkSession, settings: Settings, processed: Processed) -> None:
    fill(processed, 2)
    assert maintain(spark, settings)["iot.readings"] == 0
    assert data_files(spark) == 2


def test_old_snapshots_expire_but_the_one_with_the_border_stays(
    spark: SparkSession, settings: Settings, processed: Processed
) -> None:
    fill(processed, 4)
    bearer = newest_with_offsets(spark, READINGS)
    at_once = {"snapshot_retention_minutes": 0, "min_snapshots": 1, "compaction_min_input_files": 4}
    maintain(spark, settings.model_copy(update=at_once))
    kept = list(ancestors(spark, READINGS))
    assert len(kept) == 2
    assert newest_with_offsets(spark, READINGS) == bearer == kept[1]
    assert spark.table(full_name(READINGS)).count() == 4


def test_the_least_number_of_snapshots_stays_however_old_they_are(
    spark: SparkSession, settings: Settings, processed: Processed
) -> None:
    fill(processed, 4)
    maintain(spark, settings.model_copy(update={"snapshot_retention_minutes": 0, "min_snapshots": 3}))
    assert len(list(ancestors(spark, READINGS))) == 3


def test_a_table_that_cannot_be_compacted_still_expires_and_keeps_no_other_from_its_turn(
    spark: SparkSession, settings: Settings, processed: Processed
) -> None:
    fill(processed, 4)
    for offset in range(4):
        anomalies.derive(spark, processed({"kafka_offset": offset, "detected_anomaly": True}), {})
    lost = spark.table(f"{full_name(READINGS)}.files").first()
    assert lost is not None
    Path(urlparse(lost["file_path"]).path).unlink()
    at_once = {"snapshot_retention_minutes": 0, "min_snapshots": 1, "compaction_min_input_files": 4}
    with pytest.raises(Py4JJavaError, match=Path(lost["file_path"]).name):
        maintain(spark, settings.model_copy(update=at_once))
    assert spark.table(f"{full_name(ANOMALIES)}.files").count() == 1
    assert len(list(ancestors(spark, READINGS))) == 1
