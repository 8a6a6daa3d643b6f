"""The only writers: the query's sink, appends to tables with their snapshot properties, messages to Kafka."""

from collections.abc import Callable, Mapping

from pyspark.sql import DataFrame
from pyspark.sql.streaming.query import StreamingQuery

from iot_contracts.tables import Table
from stream_processor.settings import Settings
from stream_processor.table_schemas import full_name

QUERY_NAME = "readings"
ProcessBatch = Callable[[DataFrame, int], None]


def start_query(stream: DataFrame, settings: Settings, process: ProcessBatch) -> StreamingQuery:
    """Start the streaming query; `process` is called with each micro-batch, and again after a crash in it."""
    return (
        stream.writeStream.queryName(QUERY_NAME)
        .option("checkpointLocation", settings.checkpoint_location)
        .trigger(processingTime=f"{round(settings.trigger_interval_s * 1000)} milliseconds")
        .foreachBatch(process)
        .start()
    )


def append(rows: DataFrame, table: Table, properties: Mapping[str, str]) -> None:
    """Append rows as one snapshot whose summary carries `properties`."""
    writer = rows.writeTo(full_name(table))
    for key, value in properties.items():
        writer = writer.option(f"snapshot-property.{key}", value)
    writer.append()


def send_to_kafka(messages: DataFrame, settings: Settings) -> None:
    """Produce rows of `topic`, `key`, `value`; returns when all are acknowledged by all replicas."""
    (
        messages.write.format("kafka")
        .option("kafka.bootstrap.servers", settings.kafka_bootstrap_servers)
        .option("kafka.acks", "all")
        .option("kafka.delivery.timeout.ms", str(round(settings.kafka_timeout_s * 1000)))
        .option("kafka.request.timeout.ms", str(round(settings.kafka_timeout_s * 500)))
        .save()
    )
