"""What leaves a micro-batch for Kafka: alerts and dead letters, as JSON of the contract.

Each function makes rows of `topic`, `key`, `value` out of the columns of the processed stream.
"""

from collections.abc import Collection

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from iot_contracts.alerts import LOW_BATTERY_PERCENT, AlertKind, Severity
from iot_contracts.dead_letters import MAX_PAYLOAD_BYTES
from iot_contracts.topics import IOT_ALERTS, IOT_DLQ, IOT_SENSORS
from stream_processor.detection.ranges import severity


def is_valid() -> Column:
    """Whether the row is a reading and not a message that could not become one."""
    return F.col("dead_letter_reason").isNull()


def has_low_battery() -> Column:
    """Whether the reading says that its sensor's battery is nearly empty."""
    return is_valid() & (F.col("battery_level") < F.lit(LOW_BATTERY_PERCENT))


def anomaly_alerts(rows: DataFrame) -> DataFrame:
    """One alert per anomalous reading, with the reading's own identity in its `alert_id`."""
    anomalous = rows.where(is_valid() & F.col("detected_anomaly"))
    return anomalous.select(
        *_alert(AlertKind.ANOMALY, severity(), F.col("value"), F.col("unit"), F.col("anomaly_reason"))
    )


def battery_alerts(rows: DataFrame, sensor_ids: Collection[str]) -> DataFrame:
    """One alert for each of these sensors whose battery is low, for its latest such reading in the micro-batch."""
    columns = [F.col(name) for name in rows.columns]
    order = F.struct("event_timestamp", "kafka_offset")
    latest = (
        rows.where(has_low_battery() & F.col("sensor_id").isin(*sensor_ids))
        .groupBy(F.col("sensor_id").alias("_sensor"))
        .agg(F.max_by(F.struct(*columns), order).alias("row"))
        .select("row.*")
    )
    level = F.col("battery_level")
    message = F.format_string("battery of %s at %.1f %%, below %.0f %%", "sensor_id", level, F.lit(LOW_BATTERY_PERCENT))
    return latest.select(*_alert(AlertKind.BATTERY_LOW, F.lit(Severity.HIGH.value), level, F.lit("%"), message))


def dead_letters(rows: DataFrame) -> DataFrame:
    """Each message that could not become a reading, byte for byte up to MAX_PAYLOAD_BYTES, with the reason.

    A letter larger than Kafka takes would fail its batch again and again.
    """
    payload, length, kept = F.col("payload"), F.length("payload"), F.lit(MAX_PAYLOAD_BYTES)
    cut = F.format_string("; the first %d of %d bytes; all are at the source", kept, length)
    letter = F.struct(
        F.col("dead_letter_reason").alias("reason"),
        F.concat("dead_letter_detail", F.when(length > kept, cut).otherwise("")).alias("detail"),
        F.coalesce(F.base64(F.substring(payload, 1, MAX_PAYLOAD_BYTES)), F.lit("")).alias("payload"),
        F.lit(IOT_SENSORS.name).alias("source_topic"),
        F.col("kafka_partition").alias("source_partition"),
        F.col("kafka_offset").alias("source_offset"),
        _rfc3339("processing_time").alias("failed_at"),
    )
    return rows.where(~is_valid()).select(
        F.lit(IOT_DLQ.name).alias("topic"),
        F.concat_ws(":", F.lit(IOT_SENSORS.name), "kafka_partition", "kafka_offset").alias("key"),
        F.to_json(letter).alias("value"),
    )


def _alert(kind: AlertKind, level: Column, value: Column, unit: Column, message: Column) -> tuple[Column, ...]:
    alert = F.struct(
        F.concat_ws(":", "sensor_id", "reading_id", F.lit(kind.value)).alias("alert_id"),
        F.lit(kind.value).alias("kind"),
        level.alias("severity"),
        "sensor_id",
        "sensor_type",
        "location",
        "reading_id",
        value.alias("value"),
        unit.alias("unit"),
        message.alias("message"),
        _rfc3339("event_timestamp").alias("event_time"),
        _rfc3339("processing_time").alias("raised_at"),
    )
    return (
        F.lit(IOT_ALERTS.name).alias("topic"),
        F.col("sensor_id").alias("key"),
        F.to_json(alert).alias("value"),
    )


def _rfc3339(column: str) -> Column:
    """The instant as text; the session's time zone is UTC."""
    return F.date_format(column, "yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'")
