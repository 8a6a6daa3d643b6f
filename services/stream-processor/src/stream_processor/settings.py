"""Settings of the stream processor, read from the environment under the prefix `STREAM_PROCESSOR_`."""

import tempfile
from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from iot_contracts.topics import IOT_SENSORS
from service_kit.settings import ServiceSettings


class Settings(ServiceSettings):
    """What an operator may change; everything but the folder of the jars has a default."""

    model_config = SettingsConfigDict(env_prefix="STREAM_PROCESSOR_")

    port: int = Field(default=8003, ge=1, le=65535, description="Port to listen on.")
    hdfs_uri: str = Field(
        default="hdfs://iot",
        description="HDFS that holds the tables and the checkpoint. A name service of hadoop_conf_dir, so that what is "
        "written into tables names no host and no port.",
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
        description="Local folder for Spark's temporary files; only one process may use it.",
    )
    master: str = Field(default="local[*]", description="Spark master: local threads, or a cluster's address.")
    driver_memory_mb: int = Field(default=640, ge=384, description="Heap of the Spark driver's JVM.")
    shuffle_partitions: int = Field(
        default=2,
        ge=1,
        description="Partitions of every shuffle.",
    )
    trigger_interval_s: float = Field(
        default=1.0, gt=0, description="Minimum interval between two micro-batches, in seconds; alerts wait for it."
    )
    quiet_interval_s: float = Field(
        default=3.0,
        gt=0,
        description="Maximum interval between micro-batches while fewer than quiet_messages wait, in seconds: a small "
        "one costs nearly as much as a large one.",
    )
    quiet_messages: int = Field(
        default=300, ge=0, description="Number of waiting messages from which a micro-batch begins at the next trigger."
    )
    max_offsets_per_trigger: int = Field(
        default=400_000, ge=1, description="Maximum number of messages in a micro-batch; it limits the memory of one."
    )
    fail_on_data_loss: bool = Field(
        default=True,
        description="Stop with a reason when Kafka no longer has messages that were not read yet; "
        "`false` goes on without them.",
    )
    max_remembered_ids: int = Field(
        default=8_000_000,
        ge=1000,
        description="Maximum number of identities of readings in memory, at 48 bytes each, to recognise repeated ones; "
        "older ones are looked up in the table.",
    )
    window_horizon_minutes: int = Field(
        default=10,
        ge=1,
        description="How far behind the newest event time windows are updated and published, in minutes.",
    )
    max_live_panes: int = Field(
        default=100_000,
        ge=100,
        description="Maximum number of half-minute panes of live windows in memory; the oldest are dropped first.",
    )
    derive_interval_s: float = Field(
        default=120.0,
        gt=0,
        description="Interval of updates of the tables of anomalies and window statistics, in seconds.",
    )
    maintenance_interval_s: float = Field(
        default=600.0,
        gt=0,
        description="Interval at which small files are compacted and old snapshots expired, in seconds.",
    )
    snapshot_retention_minutes: int = Field(
        default=15, ge=1, description="How long a replaced snapshot can be read, in minutes."
    )
    min_snapshots: int = Field(default=20, ge=1, description="Minimum number of snapshots of a table that are kept.")
    compaction_min_input_files: int = Field(
        default=8, ge=2, description="Minimum number of small files of one day that are rewritten into one."
    )
    analyses_enabled: bool = Field(
        default=True, description="Run the batch analyses once a day, in an application of their own at low priority."
    )
    analyses_hour: int = Field(default=2, ge=0, le=23, description="Hour of the day at which they run, in UTC.")
    analyses_days: int = Field(
        default=7, ge=1, le=366, description="How many days they read, up to the midnight (UTC) before they run."
    )
    analyses_time_limit_s: float = Field(
        default=14_400.0, gt=0, description="Time after which such a run is stopped and counts as failed, in seconds."
    )
    max_restart_backoff_s: float = Field(
        default=30.0, gt=0, description="Maximum pause before a failed query is started again, in seconds."
    )
    probe_interval_s: float = Field(
        default=5.0, gt=0, description="Interval of checks that the JVM is alive, in seconds."
    )
    kafka_check_interval_s: float = Field(
        default=10.0, gt=0, description="Interval of checks of the waiting messages of iot-sensors, in seconds."
    )
    kafka_timeout_s: float = Field(
        default=20.0, gt=0, description="Timeout of Kafka's acknowledgements, after which the batch fails, in seconds."
    )

    @property
    def state_dir(self) -> Path:
        """What the operator remembers."""
        return self.work_dir / "state"

    @property
    def rules_dir(self) -> Path:
        """Rules that batches are judged by."""
        return self.state_dir / "rules"

    @property
    def numba_dir(self) -> Path:
        """What numba compiled, where NUMBA_CACHE_DIR names no other folder."""
        return self.work_dir / "numba"

    @property
    def outgoing_dir(self) -> Path:
        """Files of a batch that is not committed yet."""
        return self.work_dir / "outgoing"

    @property
    def identities_per_generation(self) -> int:
        """How many identities one of the two generations of a partition holds."""
        return max(1, self.max_remembered_ids // (2 * IOT_SENSORS.partitions))

    @property
    def warehouse(self) -> str:
        """Root folder of all tables."""
        return f"{self.hdfs_uri.rstrip('/')}/iot-data"

    @property
    def checkpoint_location(self) -> str:
        """Folder of the streaming query's offsets, commits and state."""
        return f"{self.warehouse}/checkpoints/readings"
