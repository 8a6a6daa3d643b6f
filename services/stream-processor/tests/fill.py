"""Fills `iot.readings` of a stack whose stream processor is stopped, for `make bench-query`.

As compaction leaves it: files of one day, sorted by sensor and time; and the rollups of it. The readings have offsets
below zero, so that stream and tail begin where the topic does. Prints how many seconds it took.
"""

import argparse
import sys
import time

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from iot_contracts.tables import OFFSETS_PROPERTY, READINGS, ROLLUPS, SOURCE_SEQUENCE_PROPERTY
from stream_processor.settings import Settings
from stream_processor.spark_session import open_session
from stream_processor.tables.catalog import append, create_tables, newest_with_offsets
from stream_processor.tables.offsets import encode_offsets
from stream_processor.tables.readings import snapshot_properties
from stream_processor.tables.rollups import derive_into
from stream_processor.tables.schemas import full_name

DAY_S = 86_400
BEFORE_THE_TOPIC = 1 << 40
NOTHING_OF_THE_TOPIC = {0: 0, 1: 0, 2: 0}
TYPES = (
    ("temperature", "Celsius", 21.5),
    ("humidity", "%", 55.0),
    ("pressure", "hPa", 1013.2),
    ("light", "lux", 420.0),
)
LOCATIONS = ("Tangier-Centre", "Tangier-Port", "Tangier-Airport", "Tangier-Medina")


def readings_of_day(spark: SparkSession, first: int, count: int, day_s: int, sensors: int) -> DataFrame:
    """`count` readings of one day, numbered from `first`; sensors take turns."""
    number, sensor = F.col("id"), F.col("id") % sensors
    turn_us = F.lit(DAY_S * 1_000_000 * sensors / count)
    kind = sensor % len(TYPES)

    def of_kind(at: int) -> Column:
        return F.element_at(F.array(*(F.lit(one[at]) for one in TYPES)), (kind + 1).cast("int"))

    place = F.floor(sensor / len(TYPES)) % len(LOCATIONS)
    at_us = F.lit(day_s * 1_000_000) + ((number - first) / sensors).cast("long") * turn_us + sensor
    noise = F.randn(first)
    rows = spark.range(first, first + count, numPartitions=2).select(
        F.concat(F.lit("00000000-0000-7000-8000-"), F.lpad(F.lower(F.hex(number)), 12, "0")).alias("reading_id"),
        F.concat(F.lit("SENSOR_"), F.lpad(sensor.cast("string"), 5, "0")).alias("sensor_id"),
        of_kind(0).alias("sensor_type"),
        F.element_at(F.array(*map(F.lit, LOCATIONS)), (place + 1).cast("int")).alias("location"),
        F.round(of_kind(2) + noise * 2, 2).alias("value"),
        of_kind(1).alias("unit"),
        F.lit(None).cast("boolean").alias("is_anomaly"),
        F.round(F.lit(95.0) - (number - first) / count * 3, 1).alias("battery_level"),
        F.timestamp_micros(at_us.cast("long")).alias("event_timestamp"),
        F.timestamp_micros(at_us.cast("long") + 500_000).alias("processing_time"),
        (F.abs(noise) > 3.5).alias("detected_anomaly"),
        F.round(F.least(F.abs(noise) / 5, F.lit(1.0)), 3).alias("anomaly_score"),
        F.when(F.abs(noise) > 3.5, F.lit("level")).alias("anomaly_reason"),
        F.lit(0).alias("kafka_partition"),
        (number - F.lit(BEFORE_THE_TOPIC)).alias("kafka_offset"),
        (of_kind(2) - 7).alias("expected_low"),
        (of_kind(2) + 7).alias("expected_high"),
    )
    return rows.coalesce(1).sortWithinPartitions("sensor_id", "event_timestamp")


def _derive_rollups(spark: SparkSession, first: int) -> None:
    """Bring the rollups up to the readings from number `first` on."""
    source = newest_with_offsets(spark, READINGS)
    assert source is not None
    properties = {
        OFFSETS_PROPERTY: encode_offsets(NOTHING_OF_THE_TOPIC),
        SOURCE_SEQUENCE_PROPERTY: str(source.sequence_number),
    }
    newest = spark.table(full_name(READINGS)).where(F.col("kafka_offset") >= first - BEFORE_THE_TOPIC)
    for width_s, table in ROLLUPS:
        derive_into(table, width_s)(spark, newest, properties)


def main() -> None:
    """Append a snapshot a day, the newest day ending where the current one begins."""
    arguments = argparse.ArgumentParser()
    for name in ("readings", "days", "sensors"):
        arguments.add_argument(f"--{name}", type=int, required=True)
    wanted = arguments.parse_args()
    settings = Settings()
    spark = open_session(settings)
    create_tables(spark, settings.hdfs_uri)
    started = time.monotonic()
    today_s = int(time.time()) // DAY_S * DAY_S
    per_day = wanted.readings // wanted.days
    for day in range(wanted.days):
        rows = readings_of_day(spark, day * per_day, per_day, today_s - (wanted.days - day) * DAY_S, wanted.sensors)
        append(rows, READINGS, snapshot_properties(NOTHING_OF_THE_TOPIC, "bench", day, {}))
        _derive_rollups(spark, per_day * day)
        sys.stdout.write(f"day {day + 1} of {wanted.days}: {time.monotonic() - started:.0f} s\n")
        sys.stdout.flush()
    spark.stop()


if __name__ == "__main__":
    main()
