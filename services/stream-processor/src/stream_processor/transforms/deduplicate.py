"""Each reading once, however often its sender, the ingest API or Kafka's producer repeated it."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere


def deduplicate(rows: DataFrame, horizon_minutes: int) -> DataFrame:
    """Keep the first row of each `reading_id`, and every invalid message.

    In: the columns of `validate`. Out: the same and `processing_time`, when the message was read.
    State: one key of 16 bytes per valid reading of the last `horizon_minutes`, in RocksDB and the checkpoint;
    a reading_id that comes back later than that is stored again.

    The watermark is on this machine's clock and trails it by the horizon. So no row can be late, however old its
    event time: the watermark only says when a remembered reading_id may be forgotten.
    """
    return (
        rows.withColumn("processing_time", _now())
        .withColumn("dedup_key", _key())
        .withWatermark("processing_time", f"{horizon_minutes} minutes")
        .dropDuplicatesWithinWatermark(["dedup_key"])
        .drop("dedup_key")
    )


def _now() -> Column:
    """The clock's time, read row by row.

    Not current_timestamp(): Spark writes that into the generated code as a number, so that every micro-batch would
    compile its 2,000 lines anew, and the JVM would never get to optimise them (a third of what an idle stack costs).
    """
    millis = F.reflect(F.lit("java.lang.System"), F.lit("currentTimeMillis"))
    return F.timestamp_millis(millis.cast("long"))


def _key() -> Column:
    """The UUID's 16 bytes; for an invalid message something longer that only this message has."""
    place = F.concat_ws(":", "kafka_partition", "kafka_offset")
    return F.when(F.col("dead_letter_reason").isNull(), F.unhex(F.translate("reading_id", "-", ""))).otherwise(
        F.encode(F.concat(F.lit("invalid message at "), place), "UTF-8")
    )
