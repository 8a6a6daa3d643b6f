"""The tables' histories, on real Iceberg tables."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from pyspark.sql import DataFrame, SparkSession

from iot_contracts.tables import OFFSETS_PROPERTY, READINGS
from stream_processor.lake import ancestors, border_of, border_snapshot
from stream_processor.sinks import append
from stream_processor.table_schemas import full_name
from stream_processor.tables.readings import rows_to_store, snapshot_properties

pytestmark = pytest.mark.usefixtures("tables")
Processed = Callable[..., DataFrame]


def test_a_new_table_has_no_border(spark: SparkSession) -> None:
    assert border_snapshot(spark, READINGS) is None
    assert border_of(None) == {}


def test_an_append_carries_its_properties_even_without_rows(spark: SparkSession, processed: Processed) -> None:
    before = datetime.now(UTC)
    only_invalid = processed({"dead_letter_reason": "not_json"})
    append(rows_to_store(only_invalid, {}, 1), READINGS, snapshot_properties({0: 1, 2: 7}, "query", 3))
    snapshot = border_snapshot(spark, READINGS)
    assert border_of(snapshot) == {0: 1, 2: 7}
    assert snapshot is not None
    assert snapshot.properties.items() >= {"iot.query-id": "query", "iot.batch-id": "3"}.items()
    # Iceberg's own clock has milliseconds.
    assert before - timedelta(milliseconds=1) <= snapshot.committed_at <= datetime.now(UTC)


def test_commits_without_offsets_leave_the_border_where_it_was(spark: SparkSession, processed: Processed) -> None:
    append(rows_to_store(processed({}), {}, 1), READINGS, snapshot_properties({0: 1}, "query", 0))
    append(rows_to_store(processed({}, {}), {0: 1}, 1), READINGS, snapshot_properties({0: 2}, "query", 1))
    bearer = border_snapshot(spark, READINGS)
    spark.sql(f"DELETE FROM {full_name(READINGS)} WHERE kafka_offset = 0")
    history = list(ancestors(spark, READINGS))
    assert [OFFSETS_PROPERTY in snapshot.properties for snapshot in history] == [False, True, True]
    assert border_snapshot(spark, READINGS) == bearer == history[1]
