"""What the addresses of silences take and answer."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from query_api.database.text import Keys, Person, Text
from query_api.selection import Time


class MatcherBody(BaseModel):
    """Which alerts: each field that is given has one of its values; at least one is given."""

    model_config = ConfigDict(extra="forbid")

    sensor_id: Keys = Field(default_factory=list, examples=[["SENSOR_001"]])
    sensor_type: Keys = Field(default_factory=list, examples=[[]])
    location: Keys = Field(default_factory=list, examples=[["Tangier-Port"]])
    kind: Keys = Field(default_factory=list, examples=[[]])
    severity: Keys = Field(default_factory=list, examples=[[]])
    rule_id: Keys = Field(default_factory=list, examples=[[]])

    @model_validator(mode="after")
    def _not_everything(self) -> "MatcherBody":
        if not any(getattr(self, name) for name in MatcherBody.model_fields):
            raise ValueError("give at least one field; to match everything would hide whatever comes next")
        return self


class SilenceBody(BaseModel):
    """A new silence."""

    model_config = ConfigDict(extra="forbid")

    matcher: MatcherBody
    until: Time = Field(description="When it ends.", examples=["2026-03-01T18:00:00Z"])
    reason: Text = Field(min_length=1, max_length=2000, examples=["the port's power is cut until 18:00"])
    by: Person


class SilenceAnswer(BaseModel):
    """A silence, active or past."""

    silence_id: UUID
    matcher: dict[str, list[str]]
    until: datetime
    reason: str
    created_by: str
    created_at: datetime
    active: bool


class SilencesAnswer(BaseModel):
    """The silences, those that end last first."""

    silences: list[SilenceAnswer]


class PreviewAnswer(BaseModel):
    """What a matcher means now."""

    active_alerts: int = Field(description="Active alerts that match.", examples=[7])
    sensors: list[str] = Field(description="The first 100 sensors of these alerts.", examples=[["SENSOR_001"]])
