"""`iot.rejected`: every dead letter once. Filled from `iot-dlq`, whose offsets its snapshots carry.

Letters are published at least once; a repeated one has the same place in its source topic and the same time.
"""

import json
from collections.abc import Mapping

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from iot_contracts.tables import OFFSETS_PROPERTY, REJECTED, TOPIC_PROPERTY
from iot_contracts.topics import IOT_DLQ
from iot_domain.topic_log import decode_filled_from, disagreement, encode_filled_from
from service_kit.kafka_log import TopicLog
from stream_processor.settings import Settings
from stream_processor.tables.catalog import append, newest_with_offsets, offsets_of
from stream_processor.tables.offsets import Offsets, encode_offsets
from stream_processor.tables.schemas import full_name
from stream_processor.tables.snapshots import Snapshot

MAX_LETTERS = 50_000
"""Of one commit and partition: 3 GiB if each is as long as may be."""
_LETTER = (
    "reason STRING, detail STRING, payload STRING, source_topic STRING, source_partition INT, source_offset BIGINT, "
    "failed_at TIMESTAMP"
)
_IDENTITY = ("source_topic", "source_partition", "source_offset", "failed_at")
Spans = Mapping[int, tuple[int, int]]
"""Partition → first offset to read, and the one to stop before."""


def store_rejected(spark: SparkSession, settings: Settings, log: TopicLog | None) -> int:
    """Append what came to `iot-dlq` since the last time, of its `log`; returns how many messages that were."""
    if log is None:
        return 0
    last = newest_with_offsets(spark, REJECTED)
    spans = new_spans(last, log)
    messages = sum(end - start for start, end in spans.values())
    if messages:
        properties = {
            OFFSETS_PROPERTY: encode_offsets({partition: end for partition, (_, end) in spans.items()}),
            TOPIC_PROPERTY: encode_filled_from(log),
        }
        append_letters(spark, _read(spark, settings, spans), properties)
    return messages


def new_spans(last: Snapshot | None, log: TopicLog) -> Spans:
    """What of the log the table lacks: all of one that is not the log that it was filled from. Pure."""
    remembered = decode_filled_from(last.properties.get(TOPIC_PROPERTY)) if last else None
    done: Offsets = offsets_of(last)
    if disagreement(IOT_DLQ.name, done, remembered, log):
        done = {}
    spans = {}
    for partition, end in log.ends.items():
        start = max(done.get(partition, 0), log.starts[partition])
        spans[partition] = (start, min(end, start + MAX_LETTERS))
    return spans


def append_letters(spark: SparkSession, letters: DataFrame, properties: Mapping[str, str]) -> None:
    """Append dead letters that are not there yet, as one snapshot. In: their JSON as `value`."""
    rows = (
        letters.select(F.from_json(F.col("value").cast("string"), _LETTER).alias("letter"))
        .select("letter.*")
        .where(F.col("reason").isNotNull() & F.col("failed_at").isNotNull())
        .withColumn("payload", F.unbase64("payload"))
        .dropDuplicates(list(_IDENTITY))
    )
    rows.persist()
    try:
        [oldest] = rows.agg(F.min("failed_at")).first() or [None]
        stored = spark.table(full_name(REJECTED)).where(F.col("failed_at") >= F.lit(oldest)).select(*_IDENTITY)
        new = rows.join(stored, list(_IDENTITY), "left_anti").select(*(column.name for column in REJECTED.columns))
        append(new.coalesce(1), REJECTED, properties)
    finally:
        rows.unpersist()


def _read(spark: SparkSession, settings: Settings, spans: Spans) -> DataFrame:
    def offsets(which: int) -> str:
        return json.dumps({IOT_DLQ.name: {str(partition): span[which] for partition, span in spans.items()}})

    return (
        spark.read.format("kafka")
        .option("kafka.bootstrap.servers", settings.kafka_bootstrap_servers)
        .option("subscribe", IOT_DLQ.name)
        .option("startingOffsets", offsets(0))
        .option("endingOffsets", offsets(1))
        # What Kafka deleted meanwhile is gone, and no reason to keep what is left waiting.
        .option("failOnDataLoss", "false")
        .load()
    )
