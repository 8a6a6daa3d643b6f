"""Registry of the Kafka topics: what each carries, how it is kept, who writes and who reads it."""

from datetime import timedelta

from msgspec import Struct

from iot_contracts.alerts import Alert
from iot_contracts.api_keys import ApiKey
from iot_contracts.commits import Commit
from iot_contracts.dead_letters import DeadLetter
from iot_contracts.readings import Reading
from iot_contracts.window_stats import WindowStats

GIB = 1024**3


class Topic(Struct, frozen=True, kw_only=True):
    """One topic. `payload` is the type of its messages' JSON; `key` says what the message key is.

    A compacted topic has no `retention` and no bound in bytes: it keeps the newest message of each key. A topic whose
    messages somebody has to read before they go is bound by time alone, and the disk is checked for it; a bound in
    bytes would take them sooner the faster they come. What may go at any time is bound in bytes as well.
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
        """How long messages are kept, in milliseconds as Kafka has it: -1 is for ever."""
        return -1 if self.retention is None else int(self.retention.total_seconds() * 1000)

    @property
    def retention_bytes(self) -> int:
        """How many bytes a partition keeps, as Kafka has it: -1 is without a bound."""
        return -1 if self.retention_bytes_per_partition is None else self.retention_bytes_per_partition

    def config(self) -> dict[str, str]:
        """Topic-level settings under Kafka's own names."""
        return {
            "cleanup.policy": self.cleanup_policy,
            "retention.ms": str(self.retention_ms),
            "retention.bytes": str(self.retention_bytes),
            "message.timestamp.type": self.timestamp_type,
            # The broker unpacks what a foreign producer compressed: our consumers know gzip only, and what is small
            # when packed could be a message that is larger than any should be.
            "compression.type": "uncompressed",
        }


IOT_SENSORS = Topic(
    name="iot-sensors",
    payload=Reading,
    key="sensor_id",
    description="Every accepted reading, one sensor's in order. Delivery is at least once: a reading may "
    "stand here twice with the same sensor_id and reading_id, and every consumer drops the repetition. "
    "Order, and so which of them is the first, exists within a partition.",
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
    payload=Alert,
    key="sensor_id",
    description="Alerts as they are raised; an alert sent again has the same alert_id.",
    partitions=1,
    retention=timedelta(days=7),
    retention_bytes_per_partition=None,
    producers=("stream-processor",),
    consumers=("dashboard",),
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
TOPICS: tuple[Topic, ...] = (IOT_SENSORS, IOT_ALERTS, IOT_WINDOW_STATS, IOT_COMMITS, IOT_DLQ, IOT_API_KEYS)
