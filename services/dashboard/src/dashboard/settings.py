"""Settings of the dashboard, read from the environment (`DASHBOARD_…`)."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from service_kit.settings import ServiceSettings

_BUILT_PAGE = Path(__file__).resolve().parents[2] / "frontend" / "dist"


class Settings(ServiceSettings):
    """Everything that can be set, each with its one default."""

    model_config = SettingsConfigDict(env_prefix="DASHBOARD_")

    port: int = Field(default=8000, ge=1, le=65535, description="Port to listen on.")
    query_api_url: str = Field(
        default="http://127.0.0.1:8002", validation_alias="QUERY_API_URL", description="URL of query-api."
    )
    query_timeout_ms: int = Field(default=5000, ge=1, description="Timeout of requests to query-api, in milliseconds.")
    query_probe_interval_s: float = Field(
        default=10.0, gt=0, description="Interval between readiness checks of query-api, in seconds."
    )
    simulator_url: str | None = Field(
        default=None,
        validation_alias="SIMULATOR_URL",
        description="URL of the simulator, for the page's demo; empty: the page has no demo.",
    )
    simulator_timeout_ms: int = Field(
        default=3000, ge=1, description="Timeout of requests to the simulator, in milliseconds."
    )
    ingest_api_url: str = Field(
        default="http://127.0.0.1:8001",
        validation_alias="INGEST_API_URL",
        description="URL of ingest-api, for its figures on the pipeline page.",
    )
    stream_processor_url: str = Field(
        default="http://127.0.0.1:8003",
        validation_alias="STREAM_PROCESSOR_URL",
        description="URL of the stream processor, for its figures on the pipeline page.",
    )
    pipeline_timeout_ms: int = Field(
        default=1500,
        ge=1,
        description="How long the pipeline page waits for a service's figures, in milliseconds.",
    )
    static_dir: Path = Field(default=_BUILT_PAGE, description="Folder with the built page (`npm run build`).")
    api_key_file: Path | None = Field(
        default=None,
        description="File with the API key that is sent to the other services; without it none is sent.",
    )
    session_secret_file: Path | None = Field(
        default=None,
        description="File with the secret that signs browsers' sessions; without it they end with the process.",
    )
    session_max_age_s: int = Field(
        default=43_200, ge=60, description="How long a browser is signed in with an API key, in seconds."
    )
    max_connections: int = Field(
        default=200, ge=1, description="Maximum number of open WebSockets; further ones are closed with 1013."
    )
    max_pending_readings: int = Field(
        default=2000,
        ge=1,
        description="Maximum number of readings that wait for a slow client; beyond it, only the latest "
        "reading of each sensor is kept.",
    )
    max_client_message_bytes: int = Field(
        default=16_384, ge=1, description="Maximum size of a WebSocket message from a client, in bytes."
    )
    ping_interval_s: float = Field(
        default=20.0, gt=0, description="Interval and timeout of WebSocket pings, in seconds."
    )
    send_timeout_s: float = Field(
        default=30.0, gt=0, description="Time after which a client that reads nothing is disconnected, in seconds."
    )
    stream_max_connections: int = Field(
        default=2000,
        ge=1,
        description="Maximum number of clients of /v1/stream and /v1/events; further ones are told when to come back.",
    )
    stream_log_messages: int = Field(
        default=20_000,
        ge=1,
        description="Maximum number of messages of a topic that are kept for clients that come back.",
    )
    stream_log_s: float = Field(
        default=60.0,
        gt=0,
        description="How long these are kept, in seconds: as long as a client may be away and a few heartbeats more.",
    )
    stream_heartbeat_s: float = Field(
        default=10.0, gt=0, description="Interval of the heartbeats on /v1/stream and /v1/events, in seconds."
    )
    lookback_s: int = Field(default=300, ge=0, description="How far back in the topics reading starts, in seconds.")
    lookback_max_records: int = Field(
        default=5000,
        ge=1,
        description="Maximum number of messages that are read back per partition; beyond it, reading skips ahead.",
    )
    snapshot_readings: int = Field(
        default=1500,
        ge=0,
        description="Maximum number of recent readings in a snapshot, besides the latest of every sensor.",
    )
    snapshot_alerts: int = Field(default=200, ge=0, description="Maximum number of alerts in a snapshot.")
    max_sensors: int = Field(
        default=10_000, ge=1, description="Maximum number of sensors, and of window keys, that are kept."
    )
    remembered_ids: int = Field(
        default=50_000, ge=1, description="Number of ids that are kept to recognise duplicate readings and alerts."
    )
    kafka_retry_interval_ms: int = Field(
        default=1000, ge=1, description="Pause before reconnecting to Kafka, in milliseconds."
    )
