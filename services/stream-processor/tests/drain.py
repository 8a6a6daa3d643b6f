"""One side of `make bench-stream`, in a process of its own: the stream processor, or a bare copy by the same Spark.

Prints a line of JSON: seconds from the query's start until everything is in the table, and CPU of JVM and Python.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from pathlib import Path
from unittest.mock import patch

import msgspec
from prometheus_client import CollectorRegistry
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from iot_contracts.tables import DATABASE, TABLES
from service_kit.testing import wait_until
from stream_processor import job as job_module
from stream_processor.batches.source import read_messages
from stream_processor.metrics import Metrics
from stream_processor.runtime import open_runtime
from stream_processor.settings import Settings
from stream_processor.spark_session import open_session
from stream_processor.tables import catalog
from stream_processor.tables.schemas import CATALOG

COPY = f"{CATALOG}.{DATABASE}.copy"
START_S, DRAINED_S = 120, 3600
FIELDS = (
    "reading_id string, sensor_id string, sensor_type string, location string, value double, unit string, "
    "timestamp timestamp, is_anomaly boolean, battery_level double"
)


def open_with_folders(settings: Settings) -> SparkSession:
    """The job's session, with the tables in plain folders and no metastore: the same for both sides."""
    located = [msgspec.structs.replace(table, location=f"/iot-data/{table.name.replace('.', '/')}") for table in TABLES]
    patch.object(catalog, "TABLES", tuple(located)).start()
    session = open_session(settings)
    session.conf.set(f"spark.sql.catalog.{CATALOG}.type", "hadoop")
    return session


async def operator(settings: Settings, messages: int) -> float:
    """The stream processor as it is: everything on. Returns seconds."""
    patch.object(job_module, "open_session", open_with_folders).start()
    async with open_runtime(settings, Metrics(CollectorRegistry())) as runtime:
        job = runtime.job
        await wait_until(lambda: job.state.trouble is None, deadline_s=START_S, otherwise="the query did not start")
        started = time.monotonic()

        def is_drained() -> bool:
            assert job.state.restarts == 0, job.state.trouble
            return job.batches is not None and sum(job.batches.committed_offsets.values()) >= messages

        await wait_until(is_drained, deadline_s=DRAINED_S, otherwise="the backlog was not drained")
        return time.monotonic() - started


def copy(settings: Settings, messages: int) -> float:
    """`from_json` and nothing else, from the same topic into a table like `iot.readings`. Returns seconds."""
    spark = open_with_folders(settings)
    spark.sql(f"CREATE NAMESPACE IF NOT EXISTS {CATALOG}.{DATABASE}")
    read = read_messages(spark, settings, {}).select(
        F.from_json(F.col("value").cast("string"), FIELDS).alias("reading"), "partition", "offset", "timestamp"
    )
    rows = read.select(
        *(f"reading.{name}" for name in ("reading_id", "sensor_id", "sensor_type", "location", "value", "unit")),
        F.col("reading.timestamp").alias("event_timestamp"),
        "reading.is_anomaly",
        "reading.battery_level",
        F.col("timestamp").alias("processing_time"),
        F.lit(False).alias("detected_anomaly"),
        F.lit(0.0).alias("anomaly_score"),
        F.lit(None).cast("string").alias("anomaly_reason"),
        F.col("partition").alias("kafka_partition"),
        F.col("offset").alias("kafka_offset"),
    )
    columns = ", ".join(f"{field.name} {field.dataType.simpleString()}" for field in rows.schema)
    spark.sql(f"CREATE TABLE {COPY} ({columns}) USING iceberg PARTITIONED BY (days(event_timestamp))")
    started = time.monotonic()
    query = (
        rows.writeStream.format("iceberg")
        .option("checkpointLocation", settings.checkpoint_location)
        .option("fanout-enabled", "true")
        .trigger(availableNow=True)
        .toTable(COPY)
    )
    query.awaitTermination()
    took = time.monotonic() - started
    stored = spark.table(COPY).count()
    assert stored == messages, f"{stored} of {messages} were copied"
    return took


def cpu_s() -> tuple[float, float]:
    """CPU seconds of the JVM and of Python's workers below this process, with those that have ended."""
    ticks = os.sysconf("SC_CLK_TCK")
    jvm = python = 0.0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(folder.name)) != os.getpgid(0) and os.getsid(int(folder.name)) != os.getsid(0):
                continue
            name, _, rest = (folder / "stat").read_text().partition("(")[2].rpartition(")")
            used = sum(map(int, rest.split()[11:15])) / ticks
        except (OSError, ProcessLookupError):
            continue
        if name == "java":
            jvm += used
        else:
            python += used
    return jvm, python


def main() -> None:
    """Run the side that the command line names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("side", choices=("operator", "copy"))
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--master", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--jars", type=Path, required=True)
    parser.add_argument("--messages", type=int, required=True)
    given = parser.parse_args()
    os.environ["KAFKA_BOOTSTRAP_SERVERS"] = given.bootstrap
    settings = Settings(
        hdfs_uri=f"file:{given.folder}/hdfs",
        work_dir=given.folder / "work",
        jars_dir=given.jars,
        master=given.master,
        trigger_interval_s=0.1,
        quiet_messages=0,
    )
    if given.side == "operator":
        took = asyncio.run(operator(settings, given.messages))
    else:
        took = copy(settings, given.messages)
    jvm_s, python_s = cpu_s()
    sys.stdout.write(json.dumps({"seconds": took, "jvm_s": jvm_s, "python_s": python_s}) + "\n")
    sys.stdout.flush()
    os._exit(0)  # nothing is left to be saved, and stopping Spark takes seconds


if __name__ == "__main__":
    main()
