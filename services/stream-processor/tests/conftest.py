"""A local Spark with the job's own options, and its tables on local disk; nothing here needs a network."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from pyspark.sql import DataFrame, SparkSession

from iot_contracts.tables import TABLES
from stream_processor.settings import Settings
from stream_processor.spark_session import open_session
from stream_processor.tables import catalog
from stream_processor.tables.schemas import CATALOG, full_name

ARRIVED = datetime(2026, 3, 1, 12, tzinfo=UTC)
PROCESSED = (
    "reading_id string, sensor_id string, sensor_type string, location string, value double, unit string, "
    "event_timestamp timestamp, is_anomaly boolean, battery_level double, kafka_partition int, kafka_offset bigint, "
    "processing_time timestamp, anomaly_score double, detected_anomaly boolean, anomaly_reason string, "
    "expected_low double, expected_high double"
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
    monkeypatch.setattr(catalog, "TABLES", tuple(located))
    catalog.create_tables(spark, settings.hdfs_uri)
    yield
    for table in TABLES:
        spark.sql(f"DROP TABLE {full_name(table)} PURGE")


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
    """Rows of `iot.readings`, made of what each one differs in."""

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
                "processing_time": ARRIVED,
                "anomaly_score": 0.0,
                "detected_anomaly": False,
                "anomaly_reason": None,
                "expected_low": None,
                "expected_high": None,
            }
            | change
            for number, change in enumerate(changes)
        ]
        return spark.createDataFrame(
            [tuple(row[column.split()[0]] for column in PROCESSED.split(", ")) for row in rows], PROCESSED
        )

    return frame


@pytest.fixture
def messages(spark: SparkSession, a_message: Callable[..., dict[str, Any]]) -> Callable[..., DataFrame]:
    """Messages as Spark's Kafka source gives them: of each reading what it differs in, or the bytes themselves.

    A reading's offset is its place; `kafka_partition` and `kafka_offset` say otherwise.
    """

    def frame(*readings: dict[str, Any] | bytes | None) -> DataFrame:
        rows = []
        for number, reading in enumerate(readings):
            place = {"kafka_partition": 0, "kafka_offset": number}
            if isinstance(reading, dict):
                changes: dict[str, Any] = {"reading_id": str(UUID(int=number)), "battery_level": None, **reading}
                place |= {name: changes.pop(name) for name in place if name in changes}
                time = changes.get("timestamp")
                if isinstance(time, datetime):
                    changes["timestamp"] = time.isoformat()
                text = json.dumps({name: value for name, value in a_message(**changes).items() if value is not None})
                value: bytes | None = text.encode()
            else:
                value = reading
            content = None if value is None else bytearray(value)
            rows.append((content, place["kafka_partition"], place["kafka_offset"], ARRIVED))
        return spark.createDataFrame(rows, "value binary, partition int, offset bigint, timestamp timestamp")

    return frame
