"""Each reading once, however often its sender, the ingest API or Kafka's producer repeated it."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere


def deduplicate(rows: DataFrame, horizon_minutes: int) -> DataFrame:
    """Keep the first row of each `reading_id`, and every invalid message.

    In: the columns of `validate`. Out: the same and `processing_time`, the start of the micro-batch.
    State: one key of 16 bytes per valid reading of the last `horizon_minutes`, in RocksDB and the checkpoint;
    a reading_id that comes back later than that is stored again.

    The watermark is on the micro-batch's own time, which is constant in a batch and comes from the offset log
    when a batch is replayed. So no row can be late, however old its event time: the watermark only says
    when a remembered reading_id may be forgotten.
    """
    return (
        rows.withColumn("processing_time", F.current_timestamp())
        .withColumn("dedup_key", _key())
        .withWatermark("processing_time", f"{horizon_minutes} minutes")
        .dropDuplicatesWithinWatermark(["dedup_key"])
        .drop("dedup_key")
    )


def _key() -> Column:
    """The UUID's 16 bytes; for an invalid message something longer that only this message has."""
    place = F.concat_ws(":", "kafka_partition", "kafka_offset")
    return F.when(F.col("dead_letter_reason").isNull(), F.unhex(F.translate("reading_id", "-", ""))).otherwise(
        F.encode(F.concat(F.lit("invalid message at "), place), "UTF-8")
    )
