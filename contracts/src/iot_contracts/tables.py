"""The Iceberg tables in database `iot` of the Hive metastore: names, locations, columns, snapshot properties.

The stream processor owns and writes them; others read. Column types have Iceberg's names.
"""

from msgspec import Struct

DATABASE = "iot"

# Keys of a snapshot's summary, written with every commit that advances the committed offsets.
OFFSETS_PROPERTY = "iot.kafka-offsets"
"""JSON object: partition → offset of the first message of `iot-sensors` that the snapshot does not hold. Of
`iot.rejected`: of `iot-dlq`."""
TOPIC_PROPERTY = "iot.kafka-topic"
"""JSON of `FilledFrom`: the `iot-sensors` log of those offsets. Missing in old snapshots."""
QUERY_ID_PROPERTY = "iot.query-id"
BATCH_ID_PROPERTY = "iot.batch-id"
RULES_PROPERTY = "iot.rules-offsets"
SOURCE_SNAPSHOT_PROPERTY = "iot.source-snapshot-id"
"""Derived tables: the snapshot of `iot.readings` up to which this table is complete."""
SOURCE_SEQUENCE_PROPERTY = "iot.source-sequence-number"
"""Derived tables: that snapshot's sequence number. No data file of `iot.readings` up to it holds anything new."""


class FilledFrom(Struct, frozen=True, omit_defaults=True):
    """The topic that a table is filled from. Offsets of another topic, or of a truncated log, do not fit it."""

    topic_id: str
    """Kafka's unique topic id; a recreated topic of the same name has another one."""
    leader_epochs: dict[int, int]
    """Partition → leader epoch when the snapshot was made; it grows with each election."""
    begins: dict[int, int] = {}
    """Partition → first offset that the table has from this log; lower offsets are of an earlier log."""


class Column(Struct, frozen=True):
    """One column: its name, Iceberg type, whether it may be null, and its meaning."""

    name: str
    type: str
    required: bool
    doc: str


class Table(Struct, frozen=True, kw_only=True):
    """A table's full name, its folder in HDFS, its columns and its partition transforms."""

    name: str
    location: str
    columns: tuple[Column, ...]
    partitioning: tuple[str, ...]


_READING_COLUMNS = (
    Column("reading_id", "string", True, "identity of the reading among its sensor's"),
    Column("sensor_id", "string", True, "who measured"),
    Column("sensor_type", "string", True, "what kind of quantity"),
    Column("location", "string", True, "where"),
    Column("value", "double", True, "measured value in `unit`"),
    Column("unit", "string", True, "unit of `value`"),
    Column("is_anomaly", "boolean", False, "the sender's ground truth, if any"),
    Column("battery_level", "double", False, "percent"),
    Column("event_timestamp", "timestamptz", True, "event time: the message's `timestamp`"),
    Column("processing_time", "timestamptz", True, "when the stream processor read it"),
    Column("detected_anomaly", "boolean", True, "what detection found"),
    Column("anomaly_score", "double", True, "how far outside of normal, 0 is normal"),
    Column("anomaly_reason", "string", False, "why it was found anomalous"),
)

READINGS = Table(
    name="iot.readings",
    location="/iot-data/processed/readings",
    columns=(
        *_READING_COLUMNS,
        Column("kafka_partition", "int", True, "where it stood in `iot-sensors`"),
        Column("kafka_offset", "long", True, "where it stood in that partition"),
        Column("expected_low", "double", False, "lowest value that detection expected, in `unit`"),
        Column("expected_high", "double", False, "highest value that detection expected, in `unit`"),
    ),
    partitioning=("day(event_timestamp)",),
)
ANOMALIES = Table(
    name="iot.anomalies",
    location="/iot-data/anomalies/anomalies",
    columns=_READING_COLUMNS,
    partitioning=("day(event_timestamp)",),
)
WINDOW_STATS = Table(
    name="iot.window_stats",
    location="/iot-data/analytics/window_stats",
    columns=(
        Column("window_start", "timestamptz", True, "inclusive"),
        Column("window_end", "timestamptz", True, "exclusive"),
        Column("sensor_type", "string", True, "what kind of quantity"),
        Column("location", "string", True, "where"),
        Column("count", "long", True, "readings in the window"),
        Column("avg", "double", True, "mean value"),
        Column("min", "double", True, "lowest value"),
        Column("max", "double", True, "highest value"),
        Column("anomaly_count", "long", True, "readings that detection found anomalous"),
    ),
    partitioning=("day(window_start)",),
)


def _rollup(name: str, width: str, partitioning: str) -> Table:
    return Table(
        name=name,
        location=f"/iot-data/analytics/{name.removeprefix('iot.')}",
        columns=(
            Column("bucket_start", "timestamptz", True, f"start of the {width}, inclusive, in UTC"),
            Column("sensor_id", "string", True, "who measured"),
            Column("sensor_type", "string", True, "what kind of quantity"),
            Column("location", "string", True, "where"),
            Column("unit", "string", True, "unit of the values"),
            Column("readings", "long", True, "how many readings this partial row stands for"),
            Column("mean", "double", True, "their mean value"),
            Column("m2", "double", True, "sum of squared deviations from that mean"),
            Column("min", "double", True, "lowest value"),
            Column("max", "double", True, "highest value"),
            Column("anomalies", "long", True, "readings that detection found anomalous"),
            Column("first_at", "timestamptz", True, "event time of the oldest reading"),
            Column("first_value", "double", True, "its value"),
            Column("last_at", "timestamptz", True, "event time of the newest reading"),
            Column("last_value", "double", True, "its value"),
            Column("battery_level", "double", False, "newest battery level, in percent"),
            Column("battery_at", "timestamptz", False, "event time of that"),
        ),
        partitioning=(partitioning,),
    )


READINGS_1M = _rollup("iot.readings_1m", "minute", "day(bucket_start)")
READINGS_1H = _rollup("iot.readings_1h", "hour", "month(bucket_start)")
ROLLUPS: tuple[tuple[int, Table], ...] = ((60, READINGS_1M), (3600, READINGS_1H))
"""Width of a bucket in seconds, and the table. Rows are partial: whoever reads merges those of a bucket and series
(n, mean and M2 as by Chan et al. 1983); a late reading is one more row."""
REJECTED = Table(
    name="iot.rejected",
    location="/iot-data/rejected/rejected",
    columns=(
        Column("failed_at", "timestamptz", True, "when the message came, by the broker"),
        Column("reason", "string", True, "why it is no reading, as a code"),
        Column("detail", "string", True, "which field, and what was expected"),
        Column("payload", "binary", True, "the message, byte for byte, up to 64 KiB"),
        Column("source_topic", "string", True, "where it stood"),
        Column("source_partition", "int", True, "in that topic"),
        Column("source_offset", "long", True, "in that partition"),
    ),
    partitioning=("day(failed_at)",),
)
"""Its offsets are those of `iot-dlq`."""
TABLES: tuple[Table, ...] = (READINGS, ANOMALIES, WINDOW_STATS, READINGS_1M, READINGS_1H, REJECTED)
