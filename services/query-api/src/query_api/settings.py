"""Settings of this service, each with its one default."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from service_kit.settings import ServiceSettings


class Settings(ServiceSettings):
    """Read from the environment: `QUERY_API_…`, and the shared names without prefix."""

    model_config = SettingsConfigDict(env_prefix="QUERY_API_")

    port: int = Field(default=8002, ge=1, le=65535, description="Port to listen on.")
    hdfs_uri: str = Field(
        default="hdfs://127.0.0.1:9000", validation_alias="HDFS_URI", description="The NameNode, or the name service."
    )
    metastore_uri: str = Field(
        default="thrift://127.0.0.1:9083",
        validation_alias="METASTORE_URI",
        description="Hive metastores, comma separated, tried in order.",
    )
    table: str = Field(default="iot.readings", pattern=r"^\w+\.\w+$", description="The readings' table: database.name.")
    database_host: str = Field(default="127.0.0.1", description="Host of PostgreSQL.")
    database_port: int = Field(default=5433, ge=1, le=65535, description="Port of PostgreSQL.")
    database_name: str = Field(default="iot", description="Database of alerts, rules, sensors and notifications.")
    database_user: str = Field(default="iot", description="Role that owns the database.")
    database_password_file: Path | None = Field(
        default=None, description="File that holds the role's password; without it none is sent."
    )
    sensor_interval_s: float = Field(
        default=60,
        gt=0,
        description="Expected interval of sensors that have none of their own (s); after three without a reading a "
        "sensor is offline.",
    )
    alert_retention_days: int = Field(
        default=365,
        ge=30,
        description="How long closed alerts with their history, finished deliveries and past silences are kept (days).",
    )
    webhook_timeout_s: float = Field(
        default=10, gt=0, le=50, description="Maximum duration of one attempt to deliver a notification (s)."
    )
    smtp_host: str | None = Field(default=None, description="Mail server for notifications by e-mail; none sends none.")
    smtp_port: int = Field(default=587, ge=1, le=65535, description="Port of the mail server.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="How the connection to the mail server is encrypted."
    )
    smtp_user: str | None = Field(default=None, description="User at the mail server; without it nobody logs in.")
    smtp_password_file: Path | None = Field(default=None, description="File that holds this user's password.")
    smtp_sender: str = Field(default="iot-platform@localhost", description="Sender of e-mail.")
    cache_dir: Path = Field(default=Path(".state/query-api"), description="Folder for local copies of data files.")
    cache_max_mb: int = Field(
        default=2048,
        ge=16,
        description="Maximum size of local copies of data files, in MiB; merged small files may take as much again.",
    )
    recent_max_file_kb: int = Field(
        default=4096, ge=0, description="Maximum size of a new data file that is kept in memory, in KiB."
    )
    recent_max_rows: int = Field(
        default=50_000,
        ge=0,
        description="Maximum number of readings of new small files in memory; more are merged into a local file.",
    )
    recent_max_files: int = Field(
        default=1024,
        ge=1,
        description="Maximum number of new small files in memory; more are merged into a file on local disk.",
    )
    max_tail_rows: int = Field(
        default=2_000_000,
        ge=1,
        description="Maximum number of readings in the tail; a longer one is emptied, and answers come from the "
        "snapshot alone until it catches up.",
    )
    seen_ids: int = Field(
        default=250_000,
        ge=1,
        description="Number of recent readings among which a repeated delivery is recognised.",
    )
    lookback_s: int = Field(
        default=900,
        ge=0,
        description="How far before the snapshot's offsets reading starts, in seconds, to learn the ids of readings.",
    )
    max_lookback_messages: int = Field(
        default=200_000, ge=0, description="Maximum number of messages that lookback_s reads."
    )
    refresh_interval_s: float = Field(
        default=30,
        gt=0,
        description="Maximum interval between refreshes of the table, also when no commit is announced.",
    )
    refresh_limit_s: float = Field(
        default=10, gt=0, description="A refresh of the table that takes longer makes the service not ready."
    )
    metastore_timeout_ms: int = Field(
        default=5000, ge=1, description="Timeout of a call of the metastore, in milliseconds."
    )
    kafka_check_interval_s: float = Field(
        default=5, gt=0, description="Interval between requests for the topic's end offsets, which give the lag."
    )
    sensor_types_file: Path | None = Field(
        default=None,
        validation_alias="SENSOR_TYPES_FILE",
        description="JSON file that replaces the default catalogue of sensor types.",
    )
    query_time_limit_s: float = Field(default=30, gt=0, description="Maximum duration of a query; then it is stopped.")
    memory_limit_mb: int = Field(
        default=512,
        ge=32,
        description="Memory limit of DuckDB for all queries together, and once more for all statements of SQL "
        "together, in MiB; a statement's process may take 192 MiB more.",
    )
    query_threads: int = Field(default=2, ge=1, description="Number of threads of DuckDB for all queries together.")
    max_concurrent_queries: int = Field(default=4, ge=1, description="Maximum number of concurrent queries.")
    max_waiting_queries: int = Field(
        default=64, ge=0, description="Maximum number of waiting queries; further ones are refused with 503."
    )
    exports_max_mb: int = Field(
        default=2048, ge=1, description="Maximum size of all files of exports together, in MiB."
    )
    exports_max_age_h: float = Field(default=24, gt=0, description="How long the file of an export is kept, in hours.")
    exports_max_waiting: int = Field(
        default=16, ge=1, description="Maximum number of exports that wait; further ones are refused with 503."
    )
    export_time_limit_s: float = Field(
        default=3600, gt=0, description="Maximum duration of one export, in seconds; then it fails."
    )
    export_memory_mb: int = Field(
        default=128, ge=32, description="Memory limit of DuckDB for an export, in MiB; one runs at a time."
    )
    backtest_max_readings: int = Field(
        default=7_000_000,
        ge=1,
        description="Maximum number of readings that a rule is run over for a backtest; it takes some 300 bytes each "
        "while it runs.",
    )
    summary_max_age_ms: int = Field(
        default=1000,
        ge=0,
        description="Maximum age of the summary, which is computed once for all that ask in this time.",
    )
