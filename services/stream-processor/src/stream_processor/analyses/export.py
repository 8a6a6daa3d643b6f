"""`python -m stream_processor.analyses.export`: readings as plain files, a folder a day."""

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from stream_processor.analyses.application import batch_session, parse_time
from stream_processor.analyses.inputs import Range
from stream_processor.analyses.storage import read_snapshot
from stream_processor.hadoop_files import open_path

FORMATS = ("csv", "json", "parquet")


def main() -> None:
    """Parse the arguments and export; prints a line of JSON per day."""
    parser = argparse.ArgumentParser(prog="python -m stream_processor.analyses.export", description=__doc__)
    parser.add_argument("--from", dest="start", type=parse_time, required=True, help="first event time, RFC 3339")
    parser.add_argument("--to", dest="end", type=parse_time, required=True, help="event time to end before, RFC 3339")
    parser.add_argument("--format", choices=FORMATS, required=True)
    parser.add_argument("--target", required=True, help="folder, such as hdfs:///iot-data/exports/march")
    parser.add_argument("--master", default="", help="Spark master, instead of the setting's")
    given = parser.parse_args()
    with batch_session(given.master) as (spark, _settings):
        table, _snapshot = read_snapshot(spark)
        for day, is_written in export(spark, table, Range(given.start, given.end), given.format, given.target):
            sys.stdout.write(json.dumps({"day": day, "written": is_written}) + "\n")
            sys.stdout.flush()


def export(
    spark: SparkSession, table: DataFrame, range_: Range, format_: str, target: str
) -> Iterator[tuple[str, bool]]:
    """Write each day of the range that is not complete yet; yields the day and whether it was written."""
    for part in days_of(range_):
        day = f"{part.start:%Y-%m-%d}"
        folder = f"{target.rstrip('/')}/day={day}"
        path, file_system = open_path(spark, f"{folder}/_SUCCESS")
        is_complete = bool(file_system.exists(path))
        if not is_complete:
            time = F.col("event_timestamp")
            rows = table.where((time >= F.lit(part.start)) & (time < F.lit(part.end)))
            writer = rows.write.mode("overwrite").format(format_)
            (writer.option("header", "true") if format_ == "csv" else writer).save(folder)
        yield day, not is_complete


def days_of(range_: Range) -> Iterator[Range]:
    """The range cut at midnight UTC."""
    start = range_.start
    while start < range_.end:
        end = min(_midnight_after(start), range_.end)
        yield Range(start, end)
        start = end


def _midnight_after(time: datetime) -> datetime:
    return time.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


if __name__ == "__main__":
    main()
