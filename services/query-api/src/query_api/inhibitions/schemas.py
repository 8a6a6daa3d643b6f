"""What the addresses of inhibitions take and answer."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from query_api.database.text import Person, Text
from query_api.inhibitions.rule import Label
from query_api.silences.schemas import MatcherBody


class InhibitionRuleBody(BaseModel):
    """While an alert matches `source`, those that match `target` and have the same values of `equal` are inhibited."""

    model_config = ConfigDict(extra="forbid")

    source: MatcherBody = Field(examples=[{"sensor_id": ["GATEWAY_1"], "kind": ["missing"]}])
    target: MatcherBody = Field(examples=[{"kind": ["missing"]}])
    equal: list[Label] = Field(
        default_factory=list,
        max_length=6,
        description="What both have in common; none given: nothing needs to be.",
        examples=[["location"]],
    )


class InhibitionBody(InhibitionRuleBody):
    """A new inhibition."""

    reason: Text = Field(min_length=1, max_length=2000, examples=["behind this gateway nobody can be heard"])
    by: Person


class InhibitionAnswer(BaseModel):
    """An inhibition."""

    inhibition_id: UUID
    source: dict[str, list[str]]
    target: dict[str, list[str]]
    equal: list[str]
    reason: str
    created_by: str
    created_at: datetime


class InhibitionsAnswer(BaseModel):
    """The inhibitions, oldest first."""

    inhibitions: list[InhibitionAnswer]


class InhibitionPreviewAnswer(BaseModel):
    """What an inhibition would do now."""

    inhibited_alerts: int = Field(description="Active alerts in force that it would inhibit.", examples=[7])
    sensors: list[str] = Field(description="The first 100 sensors of these alerts.", examples=[["SENSOR_001"]])
