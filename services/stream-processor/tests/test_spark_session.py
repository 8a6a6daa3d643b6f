from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from stream_processor.errors import JarsMissingError
from stream_processor.settings import Settings
from stream_processor.spark_session import open_maintenance_session, open_session, session_options

PROPERTY = "spark.sql.iceberg.snapshot-property.iot.kafka-offsets"


def test_a_missing_connector_is_named_with_its_remedy(tmp_path: Path) -> None:
    (tmp_path / "spark-sql-kafka-0-10_2.13-4.1.1.jar").touch()
    with pytest.raises(JarsMissingError, match=r"iceberg-spark-runtime not in .*`make up` brings the jars"):
        open_session(Settings(jars_dir=tmp_path))


def test_the_catalog_is_the_hive_metastore_with_its_tables_in_hdfs() -> None:
    options = session_options(Settings(hdfs_uri="hdfs://namenode:9000/", metastore_uri="thrift://metastore:9083"))
    assert options["spark.sql.catalog.lake.type"] == "hive"
    assert options["spark.sql.catalog.lake.uri"] == "thrift://metastore:9083"
    assert options["spark.sql.catalog.lake.warehouse"] == "hdfs://namenode:9000/iot-data"


def test_what_housekeeping_sets_for_its_commits_does_not_reach_the_streaming_query(
    spark: SparkSession, settings: Settings
) -> None:
    maintenance = open_maintenance_session(spark, settings)
    maintenance.conf.set(PROPERTY, "{}")
    assert spark.conf.get(PROPERTY, None) is None
    assert maintenance.conf.get("spark.sql.session.timeZone") == "UTC"
    assert maintenance.conf.get("spark.sql.catalog.lake.uri") == settings.metastore_uri
