"""Base of every service's settings, read from the environment."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from service_kit.hosts import is_loopback, parse_authority, parse_origin


class ServiceSettings(BaseSettings):
    """Settings common to all services; a subclass sets `env_prefix` and adds its own.

    An empty variable counts as unset: `INGEST_API_PORT=` gives the default.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", populate_by_name=True, env_ignore_empty=True)

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(ge=1, le=65535, description="Port to listen on.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = Field(
        default="INFO", description="Minimum level of log lines."
    )
    shutdown_timeout_s: int = Field(
        default=20, ge=1, description="Time for running requests to finish at shutdown (s)."
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Host names under which clients reach this service, besides IP addresses and `localhost`; "
        "separated by commas, without port, for example iot.example.org.",
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Origins of other sites' pages that may send changing requests or open a WebSocket; separated by "
        "commas, for example https://iot.example.org.",
    )
    kafka_bootstrap_servers: str = Field(
        default="127.0.0.1:9092",
        validation_alias="KAFKA_BOOTSTRAP_SERVERS",
        description="Kafka brokers to connect to first, `host:port`, separated by commas.",
    )
    auth: Literal["off", "on"] = Field(
        default="off", description="Whether requests need an API key; `off` is only allowed on a loopback address."
    )
    published_host: str | None = Field(
        default=None,
        description="Address at which a container's host publishes the port; it decides in place of `host` whether "
        "`auth` may be off.",
    )
    rate_limit_sets: int = Field(
        default=1024,
        ge=1,
        le=1_000_000,
        description="Size of the table of the API keys' rate limits, in sets of 8 keys; all keys in use at a time "
        "should fit.",
    )

    @property
    def rate_limits_file(self) -> Path | None:
        """Where the rate limits are, for services with several processes; None keeps them in memory."""
        return None

    @classmethod
    def variable(cls, name: str) -> str:
        """The environment variable of the setting `name`, which has no alias."""
        return f"{cls.model_config.get('env_prefix', '')}{name}".upper()

    @field_validator("allowed_hosts", "allowed_origins", mode="before")
    @classmethod
    def _split_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        return value

    @field_validator("allowed_hosts")
    @classmethod
    def _names_without_port(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            if parse_authority(host).port is not None:
                raise ValueError(f"{host} has a port; leave it out, a host name applies to every port")
        return hosts

    @field_validator("allowed_origins")
    @classmethod
    def _origins_of_pages(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            parse_origin(origin)
        return origins

    @model_validator(mode="after")
    def _check_auth(self) -> Self:
        reached_at = self.published_host or self.host
        if self.auth == "off" and not is_loopback(reached_at):
            raise ValueError(
                f"auth is off and host {reached_at} can be reached from other machines: set {self.variable('auth')}=on "
                f"(a whole stack: AUTH=on make up), or {self.variable('host')}=127.0.0.1"
            )
        return self
