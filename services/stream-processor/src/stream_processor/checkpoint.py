"""What the streaming query's checkpoint in HDFS says about its micro-batches."""

from pyspark.sql import SparkSession

from iot_contracts.topics import IOT_SENSORS
from stream_processor.hadoop_files import jvm, open_path
from stream_processor.tables.offsets import OffsetRange, parse_initial_offsets, parse_offset_log


def batch_offsets(spark: SparkSession, checkpoint: str, batch_id: int) -> OffsetRange:
    """The messages of a micro-batch, from the query's offset log.

    Spark writes the log's entry before it runs the batch, so it is there, and is the same when the batch is
    run again. Where the first batch of a checkpoint starts is in the source's own file. Raises FileNotFoundError.
    """
    end = parse_offset_log(_read(spark, f"{checkpoint}/offsets/{batch_id}"), IOT_SENSORS.name)
    if batch_id:
        start = parse_offset_log(_read(spark, f"{checkpoint}/offsets/{batch_id - 1}"), IOT_SENSORS.name)
    else:
        start = parse_initial_offsets(_read(spark, f"{checkpoint}/sources/0/0"), IOT_SENSORS.name)
    return OffsetRange(start, end)


def forget(spark: SparkSession, checkpoint: str) -> None:
    """Delete the checkpoint: the next query begins where the table ends."""
    path, file_system = open_path(spark, checkpoint)
    file_system.delete(path, True)


def _read(spark: SparkSession, location: str) -> str:
    path, file_system = open_path(spark, location)
    if not file_system.exists(path):
        raise FileNotFoundError(f"{location}: Spark has not written it, or it was deleted under the running query")
    stream = file_system.open(path)
    try:
        return str(jvm(spark).org.apache.commons.io.IOUtils.toString(stream, "UTF-8"))
    finally:
        stream.close()
