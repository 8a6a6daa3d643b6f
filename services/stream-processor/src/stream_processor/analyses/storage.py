"""Where results go: an Iceberg table each, and files under /iot-data/analytics. A rerun replaces what it wrote."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from iot_contracts.analyses import RUNS_TABLE
from iot_contracts.tables import DATABASE, READINGS, READINGS_1H
from stream_processor.analyses.inputs import SERIES, Range
from stream_processor.analyses.results import RUNS_SCHEMA, SCHEMAS
from stream_processor.hadoop_files import open_path
from stream_processor.tables.schemas import CATALOG, full_name

KEPT_RANGES: Final = 100
"""Results of so many ranges are kept of each analysis, those of the newest runs."""
REMEMBERED_DAYS: Final = 30
"""A sensor that sent in so many days before a range is missed in it; one that was taken away earlier is not."""
_MAX_SNAPSHOTS: Final = 50
_KEPT_SNAPSHOTS: Final = 5
_READABLE: Final = timedelta(hours=1)
TABLE_PROPERTIES: Final = (
    "'write.metadata.delete-after-commit.enabled'='true', 'write.metadata.previous-versions-max'='20'"
)


class ResultStore:
    """Writes results below a folder of HDFS, or of a local disk."""

    def __init__(self, spark: SparkSession, root: str) -> None:
        """`root` is the folder of all tables, such as hdfs://iot/iot-data."""
        self._spark = spark
        self._root = f"{root}/analytics"

    def write(self, name: str, range_: Range, rows: Sequence[Row]) -> None:
        """Replace the result of this analysis and range: one commit of the table, then the files.

        A failure between the two leaves files of an earlier run; running again repairs them.
        """
        frame = self._frame(rows, SCHEMAS[name])
        self._replace(f"{DATABASE}.analysis_{name}", {}, frame, range_)
        folder = f"{self._root}/{name}/{range_.folder}"
        one = frame.coalesce(1).write.mode("overwrite")
        one.parquet(f"{folder}/parquet")
        one.option("header", "true").csv(f"{folder}/csv")
        one.option("ignoreNullFields", "false").json(f"{folder}/json")

    def write_run(self, range_: Range, record: tuple[Any, ...]) -> None:
        """Replace the record of the last run of this analysis and range; `record` is as `RUNS_SCHEMA` says."""
        self._replace(RUNS_TABLE, {"analysis": record[0]}, self._frame([Row(*record)], RUNS_SCHEMA), range_)

    def prune(self, name: str, kept_ranges: int = KEPT_RANGES) -> None:
        """Delete the results of an analysis but those of its newest runs, and snapshots that nobody reads any more."""
        runs = self._spark.table(f"{CATALOG}.{RUNS_TABLE}").where(F.col("analysis") == name)
        for run in runs.orderBy(F.desc("finished_at")).collect()[kept_ranges:]:
            range_ = Range(run.range_from.astimezone(UTC), run.range_to.astimezone(UTC))
            self._replace(f"{DATABASE}.analysis_{name}", {}, self._frame([], SCHEMAS[name]), range_)
            path, file_system = open_path(self._spark, f"{self._root}/{name}/{range_.folder}")
            file_system.delete(path, True)
            self._replace(RUNS_TABLE, {"analysis": name}, self._frame([], RUNS_SCHEMA), range_)
        for table in (f"{DATABASE}.analysis_{name}", RUNS_TABLE):
            expire_snapshots(self._spark, table)

    def _frame(self, rows: Sequence[Row], ddl: str) -> DataFrame:
        return self._spark.createDataFrame([tuple(row) for row in rows], ddl)

    def _replace(self, name: str, keys: dict[str, str], frame: DataFrame, range_: Range) -> None:
        """Replace the rows of this range (and of `keys`), a partition of the table; without rows nothing is left."""
        table = f"{CATALOG}.{name}"
        partition = {**keys, "range_from": range_.start, "range_to": range_.end}
        ranged = frame.withColumns({key: F.lit(value) for key, value in partition.items()})
        columns = ", ".join(f"`{field.name}` {field.dataType.simpleString()}" for field in ranged.schema.fields)
        self._spark.sql(
            f"CREATE TABLE IF NOT EXISTS {table} ({columns}) USING iceberg PARTITIONED BY ({', '.join(partition)}) "
            f"TBLPROPERTIES ({TABLE_PROPERTIES})"
        )
        condition = F.lit(True)
        for key, value in partition.items():
            condition = condition & (F.col(key) == F.lit(value))
        ranged.coalesce(1).writeTo(table).overwrite(condition)


def expire_snapshots(spark: SparkSession, table: str) -> None:
    """Expire the old snapshots of a table of analyses, once there are many."""
    if spark.table(f"{CATALOG}.{table}.snapshots").count() > _MAX_SNAPSHOTS:
        spark.sql(
            f"CALL {CATALOG}.system.expire_snapshots(table => '{table}', older_than => TIMESTAMP "
            f"'{datetime.now(UTC) - _READABLE:%Y-%m-%d %H:%M:%S}', retain_last => {_KEPT_SNAPSHOTS})"
        ).collect()


def read_snapshot(spark: SparkSession) -> tuple[DataFrame, int | None]:
    """The readings as of the table's current snapshot, and its id; all analyses of a run read the same."""
    name = full_name(READINGS)
    newest = spark.table(f"{name}.refs").where("name = 'main'").first()
    if newest is None:
        return spark.table(name), None
    return spark.read.option("versionAsOf", newest.snapshot_id).table(name), newest.snapshot_id


def earlier_series(spark: SparkSession, range_: Range) -> DataFrame:
    """Series that sent in the days before the range, and their newest reading then, from the hourly rollups."""
    start = F.lit(range_.start)
    hours = spark.table(full_name(READINGS_1H)).where(
        (F.col("bucket_start") >= start - F.expr(f"INTERVAL {REMEMBERED_DAYS} DAYS")) & (F.col("bucket_start") < start)
    )
    return hours.groupBy(*SERIES).agg(F.max("last_at").alias("last_at"))


def file_sizes(spark: SparkSession) -> DataFrame:
    """Bytes of the files of `iot.readings` per day of event time."""
    files = spark.table(f"{full_name(READINGS)}.files")
    return files.select(
        F.col("partition.event_timestamp_day").cast("date").alias("day"),
        F.col("file_size_in_bytes").alias("bytes"),
    )


def free_bytes(spark: SparkSession, root: str) -> int:
    """Bytes that are left in the file system of `root`."""
    path, file_system = open_path(spark, root)
    return int(file_system.getStatus(path).getRemaining())


def as_json(value: Any) -> Any:
    """A cell as JSON has it: times in RFC 3339, UTC."""
    if isinstance(value, datetime):
        return value.astimezone().isoformat()
    return value.isoformat() if isinstance(value, date) else value


def document(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """A result as JSON objects."""
    return [{name: as_json(value) for name, value in row.asDict().items()} for row in rows]
