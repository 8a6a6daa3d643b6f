"""Settings of the stream processor, read from the environment under the prefix `STREAM_PROCESSOR_`."""

import tempfile
from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from service_kit.settings import ServiceSettings


class Settings(ServiceSettings):
    """What an operator may change; everything but the folder of the jars has a default."""

    model_config = SettingsConfigDict(env_prefix="STREAM_PROCESSOR_")

    port: int = Field(default=8003, ge=1, le=65535, description="Port to listen on.")
    kafka_bootstrap_servers: str = Field(
        default="127.0.0.1:9092",
        validation_alias="KAFKA_BOOTSTRAP_SERVERS",
        description="Kafka brokers to ask first, `host:port`, separated by commas.",
    )
    hdfs_uri: str = Field(
        default="hdfs://127.0.0.1:9000",
        validation_alias="HDFS_URI",
        description="HDFS that holds the tables and the checkpoint.",
    )
    metastore_uri: str = Field(
        default="thrift://127.0.0.1:9083",
        validation_alias="METASTORE_URI",
        description="Hive metastore in which the tables are registered.",
    )
    sensor_types_file: Path | None = Field(
        default=None,
        validation_alias="SENSOR_TYPES_FILE",
        description="JSON file that replaces the built-in catalogue of sensor types.",
    )
    jars_dir: Path = Field(
        default=Path("jars"), description="Folder with Spark's Kafka and Iceberg connectors (jar files)."
    )
    hadoop_conf_dir: Path | None = Field(
        default=None, description="Folder with the HDFS client's core-site.xml and hdfs-site.xml."
    )
    work_dir: Path = Field(
        default=Path(tempfile.gettempdir()) / "stream-processor",
        description="Local folder for Spark's temporary files; one process at a time owns it.",
    )
    master: str = Field(default="local[*]", description="Spark master: local threads, or a cluster's address.")
    driver_memory_mb: int = Field(default=640, ge=384, description="Heap of the Spark driver's JVM.")
    shuffle_partitions: int = Field(
        default=2,
        ge=1,
        description="Partitions of every shuffle.",
    )
    trigger_interval_s: float = Field(
        default=3.0, gt=0, description="Pause between the starts of two micro-batches; what alerts wait for."
    )
    max_offsets_per_trigger: int = Field(
        default=400_000, ge=1, description="Most messages in one micro-batch; bounds its memory."
    )
    fail_on_data_loss: bool = Field(
        default=True,
        description="Stop with a reason when Kafka no longer has messages that were not read yet; "
        "`false` goes on without them.",
    )
    dedup_horizon_minutes: int = Field(
        default=1440, ge=1, description="How long a reading's identity is remembered to recognise its repetition."
    )
    max_remembered_ids: int = Field(
        default=8_000_000,
        ge=1000,
        description="Most identities that are remembered, at 24 bytes each; then the oldest are forgotten first.",
    )
    window_horizon_minutes: int = Field(
        default=10,
        ge=1,
        description="How far behind the newest event time windows stay live, that is, are sent to Kafka.",
    )
    max_live_panes: int = Field(
        default=100_000,
        ge=100,
        description="Most half-minute pieces of live windows in memory; the oldest go first.",
    )
    battery_alert_interval_minutes: int = Field(
        default=10, ge=1, description="How often a sensor whose battery stays low is told again."
    )
    derive_interval_s: float = Field(
        default=120.0, gt=0, description="How often anomalies and window statistics are derived."
    )
    maintenance_interval_s: float = Field(
        default=600.0, gt=0, description="How often small files are compacted and old snapshots expired."
    )
    snapshot_retention_minutes: int = Field(
        default=15, ge=1, description="How long a replaced snapshot stays readable."
    )
    min_snapshots: int = Field(default=20, ge=1, description="Snapshots of a table that always stay.")
    compaction_min_input_files: int = Field(
        default=8, ge=2, description="Small files of one day that are worth rewriting into one."
    )
    max_restart_backoff_s: float = Field(
        default=30.0, gt=0, description="Longest pause before a failed query is started again."
    )
    probe_interval_s: float = Field(default=5.0, gt=0, description="How often it is checked that the JVM still lives.")
    kafka_check_interval_s: float = Field(
        default=10.0, gt=0, description="How often it is checked what waits in iot-sensors, and for how long."
    )
    kafka_timeout_s: float = Field(
        default=20.0, gt=0, description="How long Kafka may take to acknowledge before the batch fails."
    )

    @property
    def warehouse(self) -> str:
        """Root folder of all tables."""
        return f"{self.hdfs_uri.rstrip('/')}/iot-data"

    @property
    def checkpoint_location(self) -> str:
        """Folder of the streaming query's offsets, commits and state."""
        return f"{self.warehouse}/checkpoints/readings"
