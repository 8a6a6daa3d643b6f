"""Settings of the ingest API, read from the environment under the prefix `INGEST_API_`."""

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from ingest_api.idempotency.states import Bounds
from ingest_api.readings.catalogue import load_bounded
from ingest_api.readings.rules import Rules
from iot_contracts.readings import MAX_NAME_LENGTH, MAX_VALUE
from service_kit.settings import ServiceSettings

MAX_DAYS = 3_650_000
"""The range of timestamps."""


class Settings(ServiceSettings):
    """Everything that an operator can change; all settings have defaults."""

    model_config = SettingsConfigDict(env_prefix="INGEST_API_")

    port: int = Field(default=8001, ge=1, le=65535, description="Port to listen on.")
    max_body_bytes: int = Field(
        default=16 * 1024**2,
        ge=1024,
        description="Maximum size of a request body, before and after decompression; a larger one is refused with 413.",
    )
    max_batch_readings: int = Field(
        default=100_000, ge=1, description="Maximum number of readings in one request; more are refused with 413."
    )
    max_in_flight_bytes: int = Field(
        default=32 * 1024**2,
        ge=1024,
        description="Maximum size of all request bodies in progress; above it a request gets 503 at once. "
        "Each worker process has an equal share.",
    )
    body_timeout_s: float = Field(
        default=60,
        gt=0,
        description="Maximum time to receive a request body; after it the request is refused with 408.",
    )
    max_kafka_batch_bytes: int = Field(
        default=512 * 1024,
        ge=16 * 1024,
        description="Maximum size of a batch sent to one partition; must not exceed the topic's `max.message.bytes`.",
    )
    sensor_types_file: Path | None = Field(
        default=None,
        validation_alias="SENSOR_TYPES_FILE",
        description="JSON file that replaces the default catalogue of sensor types.",
    )
    catalogue: Literal["open", "closed"] = Field(
        default="open",
        description="Sensor types that are not in the catalogue: accepted in any unit (`open`), or refused (`closed`).",
    )
    value_bounds: dict[str, tuple[float | None, float | None]] = Field(
        default={},
        description='Physical bounds that replace those of the catalogue, as JSON: `{"temperature": [-60, 150]}`; '
        "with null only `max_value` applies.",
    )
    max_value: float = Field(
        default=1e20,
        gt=0,
        le=MAX_VALUE,
        description="Maximum absolute value of a reading of any type. The default allows every 64-bit integer. "
        "Bounds of single types can only narrow it. The upper limit is the contract's: sums and squares of a trillion "
        "such readings do not overflow.",
    )
    max_ahead_s: float = Field(
        default=300,
        ge=0,
        le=MAX_DAYS * 86_400,
        description="Maximum time by which a timestamp may be ahead of this server's clock.",
    )
    max_age_days: float | None = Field(
        default=None,
        gt=0,
        le=MAX_DAYS,
        description="Maximum age of a reading; without it, history of any age can be replayed.",
    )
    default_location: str = Field(
        default="unknown",
        min_length=1,
        max_length=MAX_NAME_LENGTH,
        description="Location of readings in line protocol or SenML that have none.",
    )
    ack_timeout_ms: int = Field(
        default=1500,
        ge=100,
        description="Maximum time for Kafka to acknowledge a batch; after it Kafka counts as unavailable.",
    )
    connect_timeout_ms: int = Field(default=5000, ge=100, description="Timeout of one attempt to connect to Kafka.")
    reconnect_interval_ms: int = Field(default=500, ge=10, description="Pause between attempts to connect to Kafka.")
    probe_interval_ms: int = Field(
        default=400, ge=100, description="Interval between checks of the connection to Kafka, for /readyz."
    )
    workers: int = Field(default=1, ge=1, le=64, description="Number of worker processes that share the port.")
    work_dir: Path = Field(
        default=Path(tempfile.gettempdir()) / "ingest-api",
        description="Local folder that no other service uses: stored answers, and what worker processes share.",
    )
    idempotency_max_age_s: float = Field(
        default=86_400, gt=0, description="How long the answer to a request with an Idempotency-Key is stored."
    )
    idempotency_max_keys: int = Field(
        default=100_000, ge=1, description="Maximum number of stored answers; the oldest are deleted first."
    )
    idempotency_max_answer_bytes: int = Field(
        default=64 * 1024**2, ge=1024, description="Maximum size of all stored answers; the oldest are deleted first."
    )
    idempotency_lease_s: float = Field(
        default=60,
        gt=0,
        description="How long a request with an Idempotency-Key stays reserved for a worker process that hangs; "
        "when the process has died, a repetition is processed at once.",
    )

    @property
    def rate_limits_file(self) -> Path:
        """Worker processes share it."""
        return self.work_dir / "rate_limits"

    @property
    def in_flight_bytes_per_worker(self) -> int:
        """One worker process's share of `max_in_flight_bytes`."""
        return self.max_in_flight_bytes // self.workers

    def idempotency_bounds(self) -> Bounds:
        """How many answers to keyed requests are stored, and for how long."""
        return Bounds(
            max_age_s=self.idempotency_max_age_s,
            max_keys=self.idempotency_max_keys,
            max_answer_bytes=self.idempotency_max_answer_bytes,
            lease_s=self.idempotency_lease_s,
        )

    @model_validator(mode="after")
    def _check_in_flight_bytes(self) -> "Settings":
        if self.in_flight_bytes_per_worker < self.max_body_bytes:
            raise ValueError(
                f"max_in_flight_bytes must be at least workers times max_body_bytes ({self.workers} times "
                f"{self.max_body_bytes}), or the largest allowed body never fits; raise it or lower max_body_bytes"
            )
        return self

    @model_validator(mode="after")
    def _check_rules(self) -> "Settings":
        self.rules()
        return self

    def rules(self) -> Rules:
        """The rules for readings. Raises ValueError for an invalid catalogue."""
        max_age_days = self.max_age_days
        return Rules(
            catalogue=load_bounded(self.sensor_types_file, self.value_bounds, self.max_value),
            closed=self.catalogue == "closed",
            max_ahead=timedelta(seconds=self.max_ahead_s),
            max_age=None if max_age_days is None else timedelta(days=max_age_days),
            max_value=self.max_value,
        )
