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
    kafka_bootstrap_servers: str = Field(
        default="127.0.0.1:9092",
        validation_alias="KAFKA_BOOTSTRAP_SERVERS",
        description="Kafka brokers, host:port, separated by commas.",
    )
    query_api_url: str = Field(
        default="http://127.0.0.1:8002", validation_alias="QUERY_API_URL", description="Where query-api answers."
    )
    query_timeout_ms: int = Field(default=5000, ge=1, description="How long an answer of query-api may take.")
    query_probe_interval_s: float = Field(
        default=10.0, gt=0, description="How often query-api is asked whether it is ready."
    )
    simulator_url: str | None = Field(
        default=None,
        validation_alias="SIMULATOR_URL",
        description="Where the simulator answers, for the page's demo; none: the page has no demo.",
    )
    simulator_timeout_ms: int = Field(default=3000, ge=1, description="How long an answer of the simulator may take.")
    static_dir: Path = Field(default=_BUILT_PAGE, description="Folder with the built page (`npm run build`).")
    max_connections: int = Field(default=200, ge=1, description="Open WebSockets; one more is refused with 1013.")
    max_pending_readings: int = Field(
        default=2000, ge=1, description="Readings that wait for a slow client before they are conflated per sensor."
    )
    max_client_message_bytes: int = Field(
        default=1024, ge=1, description="Longest WebSocket message that is read from a client at all."
    )
    ping_interval_s: float = Field(default=20.0, gt=0, description="Pace of the WebSocket pings, and their patience.")
    send_timeout_s: float = Field(default=30.0, gt=0, description="A client that takes no data this long is dropped.")
    lookback_s: int = Field(default=300, ge=0, description="How far back in the topics the service starts.")
    lookback_max_records: int = Field(
        default=5000, ge=1, description="The most it reads back per partition; further behind, it skips ahead."
    )
    snapshot_readings: int = Field(
        default=1500, ge=0, description="Newest readings in a snapshot, beside the latest of every sensor."
    )
    snapshot_alerts: int = Field(default=200, ge=0, description="Newest alerts in a snapshot.")
    max_sensors: int = Field(default=10_000, ge=1, description="Sensors (and window keys) that are remembered.")
    remembered_ids: int = Field(
        default=50_000, ge=1, description="Ids by which repeated readings and alerts are recognised."
    )
    kafka_retry_interval_ms: int = Field(default=1000, ge=1, description="Pause before Kafka is tried again.")
