"""Registry of the Kafka topics: content, retention, producers and consumers of each."""

from datetime import timedelta

from msgspec import Struct

from iot_contracts.alerts import AlertTransition
from iot_contracts.anomalies import Anomaly
from iot_contracts.api_keys import ApiKey
from iot_contracts.commits import Commit
from iot_contracts.dead_letters import DeadLetter
from iot_contracts.readings import Reading
from iot_contracts.rules import Rule
from iot_contracts.sensors import Sensor
from iot_contracts.window_stats import WindowStats

GIB = 1024**3


class Topic(Struct, frozen=True, kw_only=True):
    """One topic. `payload` is the type of its messages' JSON; `key` says what the message key is.

    A topic without `retention` and without limit in bytes is kept for ever: compacted, the newest message of each key,
    otherwise every message. A topic whose
    messages must be read before they expire is limited by time alone, and the disk is checked for it: a limit in bytes
    would delete them the sooner the faster they arrive. Other topics are limited in bytes as well.
    """

    name: str
    payload: type[Struct]
    key: str
    description: str
    partitions: int
    retention: timedelta | None
    retention_bytes_per_partition: int | None
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    cleanup_policy: str = "delete"
    timestamp_type: str = "CreateTime"

    @property
    def retention_ms(self) -> int:
        """How long messages are kept, in milliseconds as Kafka has it: -1 means unlimited."""
        return -1 if self.retention is None else int(self.retention.total_seconds() * 1000)

    @property
    def retention_bytes(self) -> int:
        """How many bytes a partition keeps, as Kafka has it: -1 means unlimited."""
        return -1 if self.retention_bytes_per_partition is None else self.retention_bytes_per_partition

    def config(self) -> dict[str, str]:
        """Topic-level settings under Kafka's own names."""
        return {
            "cleanup.policy": self.cleanup_policy,
            "retention.ms": str(self.retention_ms),
            "retention.bytes": str(self.retention_bytes),
            "message.timestamp.type": self.timestamp_type,
            # The broker decompresses what a foreign producer compressed: our consumers know gzip only, and a small
            # compressed message could exceed the size limit.
            "compression.type": "uncompressed",
        }


IOT_SENSORS = Topic(
    name="iot-sensors",
    payload=Reading,
    key="sensor_id",
    description="Every accepted reading, one sensor's in order. Delivery is at least once: a reading may "
    "occur twice with the same sensor_id and reading_id, and every consumer drops the duplicate. "
    "Order exists within a partition only.",
    partitions=3,
    retention=timedelta(days=7),
    retention_bytes_per_partition=None,
    producers=("ingest-api",),
    consumers=("stream-processor", "query-api", "dashboard"),
    # The broker's clock, so that "since when" has one meaning whatever the clients' clocks say.
    timestamp_type="LogAppendTime",
)
IOT_ALERTS = Topic(
    name="iot-alerts",
    payload=AlertTransition,
    key="sensor_id",
    description="Steps of alerts: opened, updated, cleared. One that is sent again has the same alert_id and sequence.",
    partitions=1,
    retention=timedelta(days=7),
    retention_bytes_per_partition=None,
    producers=("stream-processor",),
    consumers=("query-api", "dashboard"),
)
IOT_ANOMALIES = Topic(
    name="iot-anomalies",
    payload=Anomaly,
    key="sensor_id",
    description="Each anomalous reading once it is in iot.readings, with score, reason and the band that was expected. "
    "Delivery is at least once; (kafka_partition, kafka_offset) is the same when it is sent again.",
    partitions=3,
    retention=timedelta(days=7),
    retention_bytes_per_partition=None,
    producers=("stream-processor",),
    consumers=("dashboard",),
)
IOT_RULES = Topic(
    name="iot-rules",
    payload=Rule,
    key="rule_id",
    description="Alert rules, each change a message, the newest of a rule_id applies. None is ever removed: a snapshot "
    "names the offset up to which its alerts knew the rules. Default rules apply until a message has their rule_id.",
    partitions=1,
    retention=None,
    retention_bytes_per_partition=None,
    producers=("query-api",),
    consumers=("stream-processor",),
)
IOT_SENSOR_REGISTRY = Topic(
    name="iot-sensor-registry",
    payload=Sensor,
    key="sensor_id",
    description="Sensors' own thresholds, tags and intervals, each change a message, the newest of a sensor applies. "
    "None is ever removed, as in iot-rules.",
    partitions=1,
    retention=None,
    retention_bytes_per_partition=None,
    producers=("query-api",),
    consumers=("stream-processor",),
)
IOT_WINDOW_STATS = Topic(
    name="iot-window-stats",
    payload=WindowStats,
    key="sensor_type|location|window_start",
    description="Running statistics of the live windows; the newest message of a key is the window.",
    partitions=1,
    retention=timedelta(days=2),
    retention_bytes_per_partition=GIB,
    producers=("stream-processor",),
    consumers=("dashboard",),
)
IOT_COMMITS = Topic(
    name="iot-commits",
    payload=Commit,
    key="table",
    description="Announces each new snapshot of a table and the offsets of iot-sensors that it reaches.",
    partitions=1,
    retention=timedelta(days=1),
    retention_bytes_per_partition=GIB // 4,
    producers=("stream-processor",),
    consumers=("query-api",),
)
IOT_DLQ = Topic(
    name="iot-dlq",
    payload=DeadLetter,
    key="source topic:partition:offset",
    description="Messages that could not become readings, byte for byte, with the reason.",
    partitions=1,
    retention=timedelta(days=14),
    retention_bytes_per_partition=None,
    producers=("stream-processor",),
    consumers=("operators",),
)
IOT_API_KEYS = Topic(
    name="iot-api-keys",
    payload=ApiKey,
    key="key_id",
    description="API keys: hashes, never secrets. A key is changed or revoked by a newer message of the same key_id.",
    partitions=1,
    retention=None,
    retention_bytes_per_partition=None,
    producers=("iotctl keys",),
    consumers=("ingest-api",),
    cleanup_policy="compact",
)
TOPICS: tuple[Topic, ...] = (
    IOT_SENSORS,
    IOT_ALERTS,
    IOT_ANOMALIES,
    IOT_RULES,
    IOT_SENSOR_REGISTRY,
    IOT_WINDOW_STATS,
    IOT_COMMITS,
    IOT_DLQ,
    IOT_API_KEYS,
)
