"""A local Spark with the job's own options, and its tables on local disk; nothing here needs a network."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from iot_contracts.readings import Reading
from iot_contracts.tables import TABLES
from stream_processor import lake
from stream_processor.contract_fields import contract_fields
from stream_processor.settings import Settings
from stream_processor.spark_session import open_session
from stream_processor.table_schemas import CATALOG, full_name
from stream_processor.transforms.parse import parse
from stream_processor.transforms.validate import validate

ARRIVED = datetime(2026, 3, 1, 12, tzinfo=UTC)
PROCESSED = (
    "reading_id string, sensor_id string, sensor_type string, location string, value double, unit string, "
    "event_timestamp timestamp, is_anomaly boolean, battery_level double, kafka_partition int, kafka_offset bigint, "
    "kafka_timestamp timestamp, dead_letter_reason string, dead_letter_detail string, payload binary, "
    "processing_time timestamp, anomaly_score double, detected_anomaly boolean, anomaly_reason string"
)


def pytest_configure(config: pytest.Config) -> None:
    # Py4J, which pyspark talks to the JVM with, leaves the closing of its sockets to the garbage collector.
    config.addinivalue_line("filterwarnings", "ignore:unclosed <socket:ResourceWarning")


def java_home() -> str | None:
    """A Java for Spark: the environment's, the one on the PATH, or none."""
    if "JAVA_HOME" in os.environ:
        return os.environ["JAVA_HOME"]
    java = shutil.which("java")
    return str(Path(java).resolve().parents[1]) if java else None


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The job's settings with a local folder in the place of HDFS."""
    folder = tmp_path_factory.mktemp("stream-processor")
    return Settings(
        # As Hadoop writes it, with one slash: the catalog compares locations as texts.
        hdfs_uri=f"file:{folder}/hdfs",
        work_dir=folder / "work",
        master="local[1]",
        shuffle_partitions=1,
        driver_memory_mb=512,
    )


@pytest.fixture(scope="session")
def spark(settings: Settings) -> Iterator[SparkSession]:
    if java_home() is None:
        pytest.skip("no Java: set JAVA_HOME to run the tests that need Spark")
    # The JVM lives for a minute here: the quick compiler is enough, and the thorough one would cost half of that.
    os.environ["SPARK_SUBMIT_OPTS"] = "-XX:TieredStopAtLevel=1"
    session = open_session(settings)
    # Iceberg's catalog in plain folders; the job's own is in the Hive metastore. It is opened at its first use.
    session.conf.set(f"spark.sql.catalog.{CATALOG}.type", "hadoop")
    yield session
    session.stop()


@pytest.fixture
def tables(spark: SparkSession, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The empty tables of the contract, made by the job's own code and dropped after the test."""
    # A catalog in folders wants each table in the folder of its name, and takes no other location.
    located = [msgspec.structs.replace(table, location=f"/iot-data/{table.name.replace('.', '/')}") for table in TABLES]
    monkeypatch.setattr(lake, "TABLES", tuple(located))
    lake.create_tables(spark, settings.hdfs_uri)
    yield
    for table in TABLES:
        spark.sql(f"DROP TABLE {full_name(table)} PURGE")


@pytest.fixture(scope="session")
def judge(spark: SparkSession) -> Callable[[Sequence[bytes | None]], list[Row]]:
    """What `parse` and `validate` make of messages: a row each, in their order, its event time in microseconds."""
    fields = contract_fields(Reading)

    def judged(messages: Sequence[bytes | None]) -> list[Row]:
        rows = [(None if text is None else bytearray(text), 0, offset, ARRIVED) for offset, text in enumerate(messages)]
        kafka = spark.createDataFrame(rows, "value binary, partition int, offset bigint, timestamp timestamp")
        event_time_us = F.unix_micros("event_timestamp").alias("event_time_us")
        verdicts = validate(parse(kafka, fields), fields).select("*", event_time_us).drop("event_timestamp")
        return verdicts.orderBy("kafka_offset").collect()

    return judged


@pytest.fixture(scope="session")
def a_message() -> Callable[..., dict[str, Any]]:
    """A complete reading as JSON would have it, with changes."""

    def message(**changes: Any) -> dict[str, Any]:
        return {
            "reading_id": "019ca8f5-2c00-7a2b-8c3d-0123456789ab",
            "sensor_id": "SENSOR_001",
            "sensor_type": "temperature",
            "location": "Tangier-Centre",
            "value": 21.5,
            "unit": "Celsius",
            "timestamp": "2026-03-01T12:00:00Z",
            "is_anomaly": False,
            "battery_level": 87.5,
        } | changes

    return message


@pytest.fixture
def processed(spark: SparkSession) -> Callable[..., DataFrame]:
    """Rows as a micro-batch has them after `detect`, made of what each one differs in."""

    def frame(*changes: dict[str, Any]) -> DataFrame:
        rows = [
            {
                "reading_id": str(UUID(int=number)),
                "sensor_id": "SENSOR_001",
                "sensor_type": "temperature",
                "location": "Tangier-Centre",
                "value": 21.5,
                "unit": "Celsius",
                "event_timestamp": ARRIVED,
                "is_anomaly": None,
                "battery_level": None,
                "kafka_partition": 0,
                "kafka_offset": number,
                "kafka_timestamp": ARRIVED,
                "dead_letter_reason": None,
                "dead_letter_detail": None,
                "payload": None,
                "processing_time": ARRIVED,
                "anomaly_score": 0.0,
                "detected_anomaly": False,
                "anomaly_reason": None,
            }
            | change
            for number, change in enumerate(changes)
        ]
        return spark.createDataFrame(
            [tuple(row[column.split()[0]] for column in PROCESSED.split(", ")) for row in rows], PROCESSED
        )

    return frame
