"""What `/v1/pipeline` answers."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

StageName = Literal["simulator", "ingest-api", "kafka", "stream-processor", "tables", "query-api", "dashboard"]
Health = Literal["ready", "not_ready", "no_answer", "absent"]


class Stage(BaseModel):
    """One stage of a reading's way."""

    name: StageName
    health: Health = Field(
        description="`not_ready`: it answers and names what it misses. `no_answer`: it does not, or not in time. "
        "`absent`: this stack has none."
    )
    reason: str | None = Field(
        description="What is wrong, in the words of the stage's own /readyz; otherwise why it could not be asked.",
        examples=["kafka: no broker answers at 127.0.0.1:9092; readings are refused until one does"],
    )
    rate_per_s: float | None = Field(
        description="Readings a second that went through it lately; null until it is known.", examples=[10.0]
    )
    lag_messages: int | None = Field(
        description="Readings that wait for it; null where none can, or where it is not known.", examples=[27]
    )
    lag_s: float | None = Field(
        description="How long the readings that wait took to come, at the present rate of the stage before.",
        examples=[2.7],
    )


class Fleet(BaseModel):
    """What the simulator is set to."""

    running: bool
    sensors: int = Field(examples=[20])
    rate_per_s: float = Field(description="Readings a second of the whole fleet while it runs.", examples=[10.0])


class TableFigures(BaseModel):
    """The table `iot.readings`, as query-api holds it."""

    committed_at: datetime | None = Field(description="When its newest snapshot was committed; null without one.")
    age_s: float | None = Field(description="How old that snapshot is, in seconds.", examples=[1.4])
    files: int = Field(description="Data files of the newest snapshot.", examples=[117])
    snapshots: int = Field(description="Snapshots that are kept.", examples=[96])
    rows: int = Field(description="Readings in the newest snapshot.", examples=[16582])
    tail: int = Field(description="Readings that query-api holds and no snapshot does yet.", examples=[19])


class DetectionFigures(BaseModel):
    """What was found; each is null when it cannot be had."""

    anomalies: int | None = Field(description="Readings found anomalous, ever.", examples=[818])
    anomalies_24h: int | None = Field(description="Of these, with an event time in the last 24 h.", examples=[818])
    open_high: int | None = Field(description="Open alerts of severity high.", examples=[2])
    open_medium: int | None = Field(description="Open alerts of severity medium.", examples=[5])
    open_low: int | None = Field(description="Open alerts of severity low.", examples=[0])
    derived_at: datetime | None = Field(
        description="When iot.anomalies and iot.window_stats were last brought up to date."
    )
    reason: str | None = Field(description="Why a figure is missing.")


class Pipeline(BaseModel):
    """Every stage, in the order in which a reading passes them."""

    observed_at: datetime = Field(description="When the services were asked; at most once a second.")
    stages: list[Stage]
    fleet: Fleet | None = Field(description="Null without a simulator, or when it does not answer.")
    table: TableFigures | None = Field(description="Null when query-api does not answer.")
    detection: DetectionFigures
