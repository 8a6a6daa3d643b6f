"""Settings of the simulator: of the environment under the prefix `SIMULATOR_`, and of a YAML file."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field
from pydantic_settings import SettingsConfigDict

from iot_contracts.readings import MAX_NAME_LENGTH
from service_kit.settings import ServiceSettings
from simulator.faults.kinds import AnyFault, FaultKind, Spike
from simulator.fleet.batteries import DEFAULT_LIFE_DAYS


def _valid_url(url: str) -> str:
    try:
        _ = urlsplit(url).port
    except ValueError as error:
        raise ValueError(f"{url} is not a valid URL: {error}") from None
    return url


Location = Annotated[str, Field(min_length=1, max_length=MAX_NAME_LENGTH)]


class Settings(ServiceSettings):
    """What an operator may change; everything has a default."""

    model_config = SettingsConfigDict(env_prefix="SIMULATOR_")

    port: int = Field(default=8004, ge=1, le=65535, description="Port to listen on.")
    ingest_api_url: Annotated[str, AfterValidator(_valid_url)] = Field(
        default="http://127.0.0.1:8001",
        validation_alias="INGEST_API_URL",
        pattern=r"^https?://\S+$",
        description="Base URL of ingest-api, where readings are posted.",
    )
    api_key_file: Path | None = Field(
        default=None, description="File with the API key for ingest-api; needed when it has authentication on."
    )
    sensor_types_file: Path | None = Field(
        default=None,
        validation_alias="SENSOR_TYPES_FILE",
        description="JSON file that replaces the default catalogue of sensor types.",
    )
    config_file: Path | None = Field(
        default=None, description="YAML file with these settings; they take precedence over the environment."
    )
    autostart: bool = Field(default=True, description="Whether the fleet starts with the service.")
    sensor_count: int = Field(default=20, ge=1, le=100_000, description="Number of sensors in the fleet.")
    sensor_types: tuple[str, ...] = Field(
        default=("temperature", "humidity", "pressure", "light"),
        min_length=1,
        description="Sensor types of the fleet, as the catalogue names them; sensors are spread evenly over them.",
    )
    locations: tuple[Location, ...] = Field(
        default=(
            "Tangier-Centre",
            "Tangier-Port",
            "Tangier-Aeroport",
            "Tangier-Zone-Industrielle",
            "Tangier-Universite",
        ),
        min_length=1,
        description="Locations of the fleet; sensors are spread evenly over them.",
    )
    interval_ms: float = Field(
        default=2000,
        gt=0,
        allow_inf_nan=False,
        description="Interval between two readings of a sensor, in milliseconds.",
    )
    tick_ms: int = Field(
        default=100,
        ge=10,
        description="Interval at which due readings are posted, in milliseconds; one request each time.",
    )
    anomaly_rate: float = Field(
        default=0.05, ge=0, le=1, description="Share of readings that are spikes, 1.5 to 2.5 times the normal range."
    )
    faults: tuple[AnyFault, ...] = Field(default=(), description="Further faults, each with its kind and parameters.")
    location_correlation: float = Field(
        default=0.8, ge=0, le=1, description="Correlation of the slow deviations of two sensors at one place."
    )
    drift_per_day: float = Field(
        default=0.0005,
        ge=0,
        le=0.01,
        description="Share of the normal range that the worst sensor drifts a day, until it is calibrated (30 days).",
    )
    battery_life_days: float = Field(
        default=DEFAULT_LIFE_DAYS,
        gt=0,
        allow_inf_nan=False,
        description="Time from a full battery to its replacement, in days.",
    )
    seed: int = Field(
        default=1, description="Seed of the simulation: the same seed and start time give the same readings."
    )
    data_dir: Path = Field(default=Path("data/simulator"), description="Folder of the buffer of undelivered readings.")
    tee_dir: Path | None = Field(
        default=None, description="Folder for a copy of all readings, iot_data_*.json; none: no copy."
    )
    max_buffered_readings: int = Field(
        default=200_000,
        ge=1,
        description="Maximum number of buffered readings while ingest-api is unavailable; the oldest are dropped and "
        "counted.",
    )
    max_request_readings: int = Field(default=500, ge=1, description="Maximum number of readings in a request.")
    request_timeout_ms: int = Field(
        default=10_000, ge=100, description="Timeout of a request, after which it is sent again, in milliseconds."
    )
    probe_interval_ms: int = Field(
        default=5000, ge=100, description="Interval of checks of ingest-api while nothing is posted, in milliseconds."
    )
    flush_timeout_ms: int = Field(
        default=5000, ge=0, description="Time for delivering the buffer at shutdown, in milliseconds."
    )

    @property
    def all_faults(self) -> tuple[FaultKind, ...]:
        """The spikes of `anomaly_rate`, then the further faults."""
        return ((Spike(rate=self.anomaly_rate),) if self.anomaly_rate else ()) + self.faults
