"""Settings of this service, each with its one default."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from service_kit.settings import ServiceSettings


class Settings(ServiceSettings):
    """Read from the environment: `QUERY_API_…`, and the shared names without prefix."""

    model_config = SettingsConfigDict(env_prefix="QUERY_API_")

    port: int = Field(default=8002, ge=1, le=65535, description="Port to listen on.")
    kafka_bootstrap_servers: str = Field(
        default="127.0.0.1:9092",
        validation_alias="KAFKA_BOOTSTRAP_SERVERS",
        description="Kafka brokers.",
    )
    hdfs_uri: str = Field(
        default="hdfs://127.0.0.1:9000", validation_alias="HDFS_URI", description="The NameNode, or the name service."
    )
    metastore_uri: str = Field(
        default="thrift://127.0.0.1:9083",
        validation_alias="METASTORE_URI",
        description="Hive metastores, comma separated, tried in order.",
    )
    table: str = Field(default="iot.readings", pattern=r"^\w+\.\w+$", description="The readings' table: database.name.")
    cache_dir: Path = Field(default=Path(".state/query-api"), description="Folder for local copies of data files.")
    cache_max_mb: int = Field(
        default=2048,
        ge=16,
        description="Local copies of data files take at most so many MiB, merged small files as many again.",
    )
    recent_max_file_kb: int = Field(
        default=4096, ge=0, description="Data files up to this many KiB are kept in memory while they are new."
    )
    recent_max_rows: int = Field(
        default=50_000,
        ge=0,
        description="More readings of new small files than this are merged on local disk.",
    )
    recent_max_files: int = Field(default=1024, ge=1, description="Like recent_max_rows, counted in data files.")
    max_tail_rows: int = Field(
        default=2_000_000,
        ge=1,
        description="A longer tail is given up until a snapshot catches up.",
    )
    seen_ids: int = Field(
        default=250_000,
        ge=1,
        description="Repeated deliveries are recognised among the last so many readings.",
    )
    lookback_s: int = Field(
        default=900, ge=0, description="After a start, ids of so many seconds before the snapshot's offsets are learnt."
    )
    max_lookback_messages: int = Field(default=200_000, ge=0, description="Upper bound of lookback_s, in messages.")
    look_interval_s: float = Field(
        default=30, gt=0, description="The table is looked at this often even if no commit is announced."
    )
    look_limit_s: float = Field(default=10, gt=0, description="A longer look at the table is reported as a problem.")
    metastore_timeout_ms: int = Field(default=5000, ge=1, description="How long one call of the metastore may take.")
    kafka_check_interval_s: float = Field(
        default=5, gt=0, description="How often the topic's ends (and so the lag) are asked for."
    )
    query_time_limit_s: float = Field(default=30, gt=0, description="A query that runs longer is stopped.")
    memory_limit_mb: int = Field(default=512, ge=32, description="What DuckDB may use for all queries, in MiB.")
    query_threads: int = Field(default=2, ge=1, description="Threads of DuckDB for all queries together.")
    max_concurrent_queries: int = Field(default=4, ge=1, description="So many queries run at once.")
    max_waiting_queries: int = Field(default=64, ge=0, description="So many more wait; others are refused with 503.")
    low_battery_percent: float = Field(default=30, ge=0, le=100, description="A battery below this counts as low.")
    summary_max_age_ms: int = Field(default=1000, ge=0, description="The summary is computed once in this time.")
