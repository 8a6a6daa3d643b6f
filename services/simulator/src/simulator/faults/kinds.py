"""The kinds of fault and their parameters: of a configuration file, of the environment and of the control API."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from simulator.sensors import Sensor


def _ordered(span: tuple[float, float]) -> tuple[float, float]:
    if span[0] > span[1]:
        raise ValueError(f"the least comes first: [{span[1]:g}, {span[0]:g}]")
    return span


Span = Annotated[
    tuple[Annotated[float, Field(ge=0, allow_inf_nan=False)], Annotated[float, Field(ge=0, allow_inf_nan=False)]],
    AfterValidator(_ordered),
]
"""Least and most; what is drawn lies between, evenly."""


class _Fault(BaseModel):
    """Whom a fault strikes: sensors that are in each list that is not empty."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sensors: tuple[str, ...] = Field(default=(), description="Only these sensors; none named: all.")
    types: tuple[str, ...] = Field(default=(), description="Only sensors of these types; none named: all.")
    locations: tuple[str, ...] = Field(default=(), description="Only sensors at these places; none named: all.")

    def concerns(self, sensor: Sensor) -> bool:
        """Whether the fault may strike `sensor`."""
        given = (
            (self.sensors, sensor.sensor_id),
            (self.types, sensor.sensor_type.name),
            (self.locations, sensor.location),
        )
        return all(not wanted or has in wanted for wanted, has in given)


class PointFault(_Fault):
    """Strikes single readings, each by the same chance."""

    rate: float = Field(default=0.01, ge=0, le=1, description="Share of a sensor's readings that it strikes.")


class EpisodeFault(_Fault):
    """Strikes a sensor for a while, again and again (a Poisson process in event time)."""

    per_day: float = Field(default=1.0, ge=0, le=86_400, description="Episodes a day of one sensor, on average.")
    duration_s: Span = Field(default=(60.0, 600.0), description="How long an episode lasts, in seconds.")


class Spike(PointFault):
    """The value jumps to a multiple of the top of the normal range."""

    kind: Literal["spike"] = "spike"
    factor: Span = Field(default=(1.5, 2.5), description="Multiple of the normal range's top.")


class Dropout(PointFault):
    """The reading is never delivered."""

    kind: Literal["dropout"] = "dropout"


class Late(PointFault):
    """The reading is delivered later than it was measured, so behind younger ones; its value is right."""

    kind: Literal["late"] = "late"
    delay_s: Span = Field(default=(30.0, 300.0), description="How much later, in seconds.")


class Duplicate(PointFault):
    """The reading is delivered twice with the same reading_id; its value is right."""

    kind: Literal["duplicate"] = "duplicate"
    delay_s: Span = Field(default=(0.0, 5.0), description="How long after the first the second comes, in seconds.")


class StuckAt(EpisodeFault):
    """The value stays what it was before the episode."""

    kind: Literal["stuck_at"] = "stuck_at"


class Drift(EpisodeFault):
    """The value moves away evenly, up or down."""

    kind: Literal["drift"] = "drift"
    share_per_hour: Span = Field(default=(0.5, 2.0), description="Shares of the normal range an hour.")


class NoiseBurst(EpisodeFault):
    """The noise is many times what it should be."""

    kind: Literal["noise_burst"] = "noise_burst"
    deviation_share: Span = Field(default=(0.1, 0.3), description="Standard deviation, as a share of the normal range.")


class Offline(EpisodeFault):
    """The sensor delivers nothing during the episode."""

    kind: Literal["offline"] = "offline"


FaultKind = Spike | Dropout | Late | Duplicate | StuckAt | Drift | NoiseBurst | Offline
AnyFault = Annotated[FaultKind, Field(discriminator="kind")]
