"""What the status endpoints answer."""

from datetime import date, datetime

from pydantic import BaseModel, Field


class LastBatch(BaseModel):
    """The newest micro-batch that was finished."""

    batch_id: int
    messages: int = Field(description="Messages of iot-sensors in the batch.")
    stored: int = Field(description="Valid readings, each for the first time.")
    invalid: int = Field(description="Messages sent to iot-dlq.")
    repeated: int = Field(description="Readings that had come before, dropped.")
    anomalies: int
    transitions: int = Field(description="Alerts that opened, were updated or cleared.")
    steps_s: dict[str, float] = Field(description="Seconds of each step.", examples=[{"read": 0.12, "store": 0.2}])
    finished_at: datetime | None


class NightlyAnalyses(BaseModel):
    """The batch analyses that run once a day."""

    next_run_at: datetime | None = Field(description="Null: they are switched off.")
    running_since: datetime | None = Field(description="Null: none runs now.")
    done_until: date | None = Field(description="The day, exclusive, up to which the last success read the readings.")
    failures: int = Field(description="How many runs have failed since then; the next is tried after a pause.")
    problem: str | None = Field(description="Why the last run failed; null when it succeeded.")


class JobStatus(BaseModel):
    """What the job is doing."""

    trouble: str | None = Field(description="Why the query does not run, if it does not.")
    restarts: int = Field(description="How often the query failed and was started again.")
    query_id: str
    offsets: dict[int, int] = Field(description="Per partition, the first message that the table does not hold.")
    snapshot_id: int | None = Field(description="Newest snapshot of iot.readings that carries offsets.")
    under_way: str | None = Field(
        description="The micro-batch that is being worked on: its step, and for how long.",
        examples=["batch 12 has been in its step store for 1 s"],
    )
    last_batch: LastBatch | None
    trigger_ms: dict[str, int] = Field(
        description="Milliseconds of each phase of the newest trigger, by Spark's names.",
        examples=[{"queryPlanning": 60, "addBatch": 420, "walCommit": 30, "triggerExecution": 560}],
    )
    derived_at: datetime | None = Field(description="When the derived tables were last brought up to date.")
    maintained_at: datetime | None = Field(description="When files were last compacted and snapshots expired.")
    analyses: NightlyAnalyses
    rewritten_files: dict[str, int] = Field(description="Files that the last compaction rewrote, by table.")


class DeriveResult(BaseModel):
    """How many messages each derived table advanced by."""

    advanced: dict[str, int] = Field(examples=[{"iot.anomalies": 240, "iot.window_stats": 240}])


class RejoinResult(BaseModel):
    """What it took."""

    sent_again: int = Field(description="Messages of the topic that had offsets which the table already has.")
