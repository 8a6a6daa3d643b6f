"""The tables' histories, on real Iceberg tables."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from pyspark.sql import DataFrame, SparkSession

from iot_contracts.tables import OFFSETS_PROPERTY, READINGS
from stream_processor.errors import TableLostError
from stream_processor.settings import Settings
from stream_processor.tables import catalog
from stream_processor.tables.catalog import ancestors, append, newest_with_offsets, offsets_of
from stream_processor.tables.readings import snapshot_properties
from stream_processor.tables.schemas import full_name

pytestmark = pytest.mark.usefixtures("tables")
Processed = Callable[..., DataFrame]


def test_a_new_table_has_no_border(spark: SparkSession) -> None:
    assert newest_with_offsets(spark, READINGS) is None
    assert offsets_of(None) == {}


def test_an_append_carries_its_properties_even_without_rows(spark: SparkSession, processed: Processed) -> None:
    before = datetime.now(UTC)
    only_invalid = processed({}).limit(0)
    append(only_invalid, READINGS, snapshot_properties({0: 1, 2: 7}, "query", 3, {}))
    snapshot = newest_with_offsets(spark, READINGS)
    assert offsets_of(snapshot) == {0: 1, 2: 7}
    assert snapshot is not None
    assert snapshot.properties.items() >= {"iot.query-id": "query", "iot.batch-id": "3"}.items()
    # Iceberg's own clock has milliseconds.
    assert before - timedelta(milliseconds=1) <= snapshot.committed_at <= datetime.now(UTC)


def test_commits_without_offsets_leave_the_border_where_it_was(spark: SparkSession, processed: Processed) -> None:
    append(processed({}), READINGS, snapshot_properties({0: 1}, "query", 0, {}))
    append(processed({}, {}), READINGS, snapshot_properties({0: 2}, "query", 1, {}))
    bearer = newest_with_offsets(spark, READINGS)
    spark.sql(f"DELETE FROM {full_name(READINGS)} WHERE kafka_offset = 0")
    history = list(ancestors(spark, READINGS))
    assert [OFFSETS_PROPERTY in snapshot.properties for snapshot in history] == [False, True, True]
    assert newest_with_offsets(spark, READINGS) == bearer == history[1]


def test_a_table_that_only_its_files_know_is_not_made_anew(
    spark: SparkSession, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = msgspec.structs.replace(READINGS, name="iot.lost", location="/iot-data/iot/lost")
    monkeypatch.setattr(catalog, "TABLES", (lost,))
    metadata = Path(settings.hdfs_uri.removeprefix("file:")) / "iot-data/iot/lost/metadata"
    metadata.mkdir(parents=True)
    (metadata / "00000-another-catalog.metadata.json").touch()
    with pytest.raises(TableLostError, match=r"does not know iot\.lost.*make restore"):
        catalog.create_tables(spark, settings.hdfs_uri)
    assert not spark.catalog.tableExists(full_name(lost))
