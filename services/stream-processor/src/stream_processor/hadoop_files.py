"""Files as Hadoop sees them, through the driver's JVM: HDFS, and a local disk in tests."""

from typing import Any

from pyspark.sql import SparkSession


def has_files(spark: SparkSession, location: str) -> bool:
    """Whether a folder is there and is not empty."""
    return bool(list_files(spark, location))


def list_files(spark: SparkSession, location: str) -> list[str]:
    """Locations of what is in a folder; none where there is no folder."""
    path, file_system = open_path(spark, location)
    if not file_system.exists(path):
        return []
    return [str(status.getPath().toString()) for status in file_system.listStatus(path)]


def open_path(spark: SparkSession, location: str) -> tuple[Any, Any]:
    """Hadoop's path of a location, and the file system that it is in."""
    path = jvm(spark).org.apache.hadoop.fs.Path(location)
    return path, path.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())


def jvm(spark: SparkSession) -> Any:
    """The driver's JVM, which is there as long as the context lives."""
    driver = spark.sparkContext._jvm
    assert driver is not None  # noqa: S101
    return driver
