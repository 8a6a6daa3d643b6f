"""Where the streaming query's batches go."""

from collections.abc import Callable

from pyspark.sql import DataFrame
from pyspark.sql.streaming.query import StreamingQuery

from stream_processor.settings import Settings

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
