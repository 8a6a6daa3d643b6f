"""What the streaming query's checkpoint in HDFS says about its micro-batches."""

from pyspark.sql import SparkSession

from iot_contracts.topics import IOT_SENSORS
from stream_processor.offsets import OffsetRange, Offsets, parse_offset_log


def batch_offsets(spark: SparkSession, checkpoint: str, batch_id: int, border: Offsets) -> OffsetRange:
    """The messages of a micro-batch, from the query's offset log.

    Spark writes the log's entry before it runs the batch, so it is there, and is the same when the batch is
    run again. The first batch of a checkpoint starts at the table's border.
    """
    end = _read(spark, f"{checkpoint}/offsets/{batch_id}")
    if end is None:
        raise FileNotFoundError(f"{checkpoint}/offsets/{batch_id}: the running batch has no entry in the offset log")
    previous = _read(spark, f"{checkpoint}/offsets/{batch_id - 1}") if batch_id else None
    return OffsetRange(start=dict(border) if previous is None else previous, end=end)


def _read(spark: SparkSession, location: str) -> dict[int, int] | None:
    context = spark.sparkContext
    jvm = context._jvm
    assert jvm is not None  # noqa: S101 - there is one as long as the context lives
    path = jvm.org.apache.hadoop.fs.Path(location)
    file_system = path.getFileSystem(context._jsc.hadoopConfiguration())
    if not file_system.exists(path):
        return None
    stream = file_system.open(path)
    try:
        text = jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8")
    finally:
        stream.close()
    return parse_offset_log(text, IOT_SENSORS.name)
