"""The only readStream: topic `iot-sensors`."""

import json

from pyspark.sql import DataFrame, SparkSession

from iot_contracts.topics import IOT_SENSORS
from stream_processor.settings import Settings
from stream_processor.tables.offsets import Offsets

EARLIEST = -2
"""Kafka's own name of "the oldest message there is"."""
FETCH_MAX_WAIT_MS = 10


def read_messages(spark: SparkSession, settings: Settings, committed: Offsets) -> DataFrame:
    """The topic's messages. A new checkpoint starts at the committed offsets, an existing one where it stopped.

    Out: `value`, `partition`, `offset`, `timestamp` (and Kafka's other columns).
    """
    start = {str(partition): committed.get(partition, EARLIEST) for partition in range(IOT_SENSORS.partitions)}
    # Looked for at each trigger; half of one earlier, or the last look before the delay ends would be just too early.
    delay_s = max(0.0, settings.quiet_interval_s - settings.trigger_interval_s / 2)
    quiet = {"minOffsetsPerTrigger": str(settings.quiet_messages), "maxTriggerDelay": f"{round(delay_s * 1000)}ms"}
    return (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", settings.kafka_bootstrap_servers)
        # Spark asks a partition for its ends while the consumer's next fetch is under way, and the broker answers that
        # only after this wait for more messages (500 ms by default, in every task of every micro-batch).
        .option("kafka.fetch.max.wait.ms", str(FETCH_MAX_WAIT_MS))
        .option("subscribe", IOT_SENSORS.name)
        .option("startingOffsets", json.dumps({IOT_SENSORS.name: start}))
        .option("maxOffsetsPerTrigger", settings.max_offsets_per_trigger)
        .options(**quiet if settings.quiet_messages else {})
        .option("failOnDataLoss", str(settings.fail_on_data_loss).lower())
        .load()
    )
