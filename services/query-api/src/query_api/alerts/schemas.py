"""What the addresses of alerts take and answer."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from query_api.alerts.status import AlertStatus
from query_api.database.text import Keys, Note, Person, Text
from query_api.selection import Time

MAX_LIMIT = 1000
MAX_SNOOZE_S = 30 * 86_400
Severity = Literal["high", "medium", "low"]


class AlertsQuery(BaseModel):
    """Filters; a filter that is given more than once takes any of its values."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    status: list[AlertStatus] = Field(default_factory=list, max_length=5, description="Only these statuses.")
    severity: list[Severity] = Field(default_factory=list, max_length=3, description="Only these severities.")
    kind: Keys = Field(default_factory=list, description="Only alerts of these kinds.", examples=[["threshold"]])
    rule_id: Keys = Field(default_factory=list, description="Only alerts of these rules.")
    sensor_id: Keys = Field(default_factory=list, description="Only these sensors.", examples=[["SENSOR_001"]])
    location: Keys = Field(default_factory=list, description="Only these places.", examples=[["Tangier-Centre"]])
    from_: Time | None = Field(
        default=None, alias="from", description="Opened from here on, inclusive.", examples=["2026-03-01T12:00:00Z"]
    )
    to: Time | None = Field(
        default=None, description="Opened before this, exclusive.", examples=["2026-03-01T13:00:00Z"]
    )
    inhibited: bool | None = Field(
        default=None, description="Only alerts that others inhibit, or only those that none does. Not given: both."
    )
    limit: int = Field(default=100, ge=1, le=MAX_LIMIT, description="Maximum number of alerts.")
    page_token: Text | None = Field(default=None, description="`next_page_token` of the page before.")

    @model_validator(mode="after")
    def _in_order(self) -> "AlertsQuery":
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            raise ValueError("`from` is later than `to`")
        return self


class AlertAnswer(BaseModel):
    """One alert: its newest transition, and what people did."""

    alert_id: str = Field(examples=["5d0f6b0e8a5b4c7d"])
    rule_id: str = Field(examples=["temperature-high"])
    rule_version: int = Field(examples=[3])
    kind: str = Field(examples=["threshold"])
    severity: str = Field(examples=["high"])
    status: AlertStatus
    sensor_id: str = Field(examples=["SENSOR_001"])
    sensor_type: str = Field(examples=["temperature"])
    location: str = Field(examples=["Tangier-Centre"])
    unit: str = Field(examples=["Celsius"])
    opened_at: datetime = Field(description="Event time since which it holds.")
    last_seen: datetime = Field(description="Event time of the newest reading that it is about.")
    cleared_at: datetime | None = Field(description="Event time at which the stream cleared it.")
    clear_reason: str | None = Field(description="Why: recovered, rule_deleted or not_applicable.")
    count: int = Field(description="Readings that it is about.", examples=[4])
    value: float | None = Field(examples=[41.5])
    peak: float | None = Field(description="The most extreme value so far.", examples=[44.0])
    limit: float | None = Field(description="The limit that was crossed.", examples=[40.0])
    score: float | None = Field(description="The detector's score, of anomalies.", examples=[None])
    message: str = Field(examples=["temperature 41.5 Celsius is above 40"])
    reading_id: str | None = Field(description="The reading of the newest transition.")
    acknowledged_at: datetime | None
    acknowledged_by: str | None = Field(examples=["ana"])
    snoozed_until: datetime | None
    snoozed_by: str | None
    resolved_at: datetime | None
    resolved_by: str | None
    superseded_by: str | None = Field(description="The newer alert of the same series and rule that took its place.")
    inhibited_by: str | None = Field(
        description="The alert that speaks for this one: nobody is notified of it meanwhile. Of one that is over, that "
        "did so when it ended."
    )
    silenced: bool = Field(description="Whether a silence matches it now: it is shown, and nobody is notified.")


class OpenCounts(BaseModel):
    """How many alerts have the status `open` and are not inhibited, by severity; no filter applies."""

    high: int = 0
    medium: int = 0
    low: int = 0


class AlertsAnswer(BaseModel):
    """Alerts by the time at which they were opened, newest first."""

    alerts: list[AlertAnswer]
    open: OpenCounts
    next_page_token: str | None = Field(description="For `page_token`; null on the last page.")


class AlertEventAnswer(BaseModel):
    """One event of an alert's history."""

    event: str = Field(
        description="opened, updated or cleared by the stream; acknowledged, snoozed or resolved by somebody.",
        examples=["acknowledged"],
    )
    at: datetime = Field(description="Event time of a transition; for what somebody did, when it was done.")
    sequence: int | None = Field(description="The transition's number; null for what somebody did.")
    value: float | None
    message: str | None
    by: str | None
    note: str | None


class AlertDetailAnswer(BaseModel):
    """One alert with its history, oldest first."""

    alert: AlertAnswer
    history: list[AlertEventAnswer] = Field(description="The first event and the newest 999.")


class ActionBody(BaseModel):
    """Who acknowledges or resolves an alert, and why."""

    model_config = ConfigDict(extra="forbid")

    by: Person
    note: Note = None


class SnoozeBody(ActionBody):
    """For how long an alert is put aside."""

    for_s: int = Field(ge=1, le=MAX_SNOOZE_S, description="Seconds from now.", examples=[3600])
