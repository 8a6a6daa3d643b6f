"""Settings of the ingest API, read from the environment under the prefix `INGEST_API_`."""

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from service_kit.settings import ServiceSettings


class Settings(ServiceSettings):
    """What an operator may change; everything has a default."""

    model_config = SettingsConfigDict(env_prefix="INGEST_API_")

    port: int = Field(default=8001, ge=1, le=65535, description="Port to listen on.")
    kafka_bootstrap_servers: str = Field(
        default="127.0.0.1:9092",
        validation_alias="KAFKA_BOOTSTRAP_SERVERS",
        description="Kafka brokers to ask first, `host:port`, separated by commas.",
    )
    max_body_bytes: int = Field(
        default=16 * 1024**2, ge=1024, description="Largest request body; a larger one is refused with 413."
    )
    max_batch_readings: int = Field(
        default=100_000, ge=1, description="Most readings in one request; more are refused with 413."
    )
    max_in_flight_bytes: int = Field(
        default=32 * 1024**2,
        ge=1024,
        description="Bytes of all bodies being worked on; above it a request gets 503 at once.",
    )
    max_kafka_batch_bytes: int = Field(
        default=512 * 1024,
        ge=16 * 1024,
        description="Largest batch sent to one partition; must fit the topic's `max.message.bytes`.",
    )
    ack_timeout_ms: int = Field(
        default=1500,
        ge=100,
        description="How long Kafka may take to acknowledge a batch before it counts as unavailable.",
    )
    connect_timeout_ms: int = Field(
        default=5000, ge=100, description="How long one attempt to connect to Kafka may take."
    )
    reconnect_interval_ms: int = Field(
        default=500, ge=10, description="Pause between two attempts to connect to Kafka."
    )
    probe_interval_ms: int = Field(
        default=1000, ge=100, description="How often Kafka is asked whether it is still there, for /readyz."
    )

    @model_validator(mode="after")
    def _a_body_fits_in_flight(self) -> "Settings":
        if self.max_in_flight_bytes < self.max_body_bytes:
            raise ValueError("max_in_flight_bytes must be at least max_body_bytes, or no such body ever fits")
        return self
