"""Shapes of the control API."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from simulator.faults.kinds import AnyFault

MAX_RATE_PER_S = 20_000
"""What one process measures with something to spare; more is the business of `simulator load`."""
MAX_EPISODE_S = 86_400


class ActiveFault(BaseModel):
    """A fault that was injected and strikes still."""

    kind: str = Field(examples=["stuck_at"])
    sensor_id: str = Field(examples=["SENSOR_003"])


class FleetStatus(BaseModel):
    """What the fleet does and what became of its readings."""

    running: bool = Field(description="Whether the sensors measure now.")
    sensors: int = Field(description="Sensors in the fleet.", examples=[20])
    rate_per_s: float = Field(description="Readings a second of the whole fleet while it runs.", examples=[10.0])
    ingest_api_url: str = Field(description="Where readings are posted.", examples=["http://127.0.0.1:8001"])
    generated: int = Field(description="Readings handed to the delivery so far.", examples=[1200])
    anomalies: int = Field(description="Of these, with a value that a fault made wrong.", examples=[60])
    sent: int = Field(description="Readings that ingest-api has answered for.", examples=[1198])
    accepted: int = Field(description="Of these, accepted: Kafka has them.", examples=[1198])
    rejected: int = Field(description="Of these, rejected as invalid.", examples=[0])
    retries: int = Field(description="Requests that were sent again with the same readings.", examples=[3])
    buffered: int = Field(description="Readings on disk that wait for ingest-api.", examples=[2])
    dropped: int = Field(description="Readings given up because the buffer was full.", examples=[0])
    active_faults: list[ActiveFault] = Field(description="Injected faults that strike still; not the configured ones.")
    last_error: str | None = Field(description="What went wrong last, if anything did.", examples=[None])


class Rate(BaseModel):
    """How much the fleet measures."""

    model_config = ConfigDict(extra="forbid")

    rate_per_s: float = Field(
        gt=0.001, le=MAX_RATE_PER_S, description="Readings a second of the whole fleet.", examples=[50]
    )


class FaultOrder(BaseModel):
    """A fault that is to strike now."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"fault": {"kind": "spike", "sensors": ["SENSOR_003"]}},
                {"fault": {"kind": "stuck_at", "locations": ["Tangier-Port"]}, "duration_s": 120},
            ]
        },
    )

    fault: AnyFault = Field(
        description="Kind and parameters; `rate`, `per_day` and the fault's own `duration_s` mean nothing here. Where "
        "neither sensors nor types nor locations are named, one sensor is drawn."
    )
    duration_s: float | None = Field(
        default=None,
        gt=0,
        le=MAX_EPISODE_S,
        description="Strike every reading for so long. Not given: the next reading only, or a minute for those "
        "that come in episodes (stuck_at, drift, noise_burst, offline).",
    )


class InjectedFault(BaseModel):
    """What was injected."""

    kind: str = Field(examples=["spike"])
    sensors: list[str] = Field(description="Whom it strikes.", examples=[["SENSOR_003"]])
    starts_at: datetime = Field(description="Event time from which it strikes.")
    ends_at: datetime | None = Field(description="Until when; null: the next reading only.", examples=[None])
