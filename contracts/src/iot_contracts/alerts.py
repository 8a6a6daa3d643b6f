"""Alerts: what happens to one in event time, from opened to cleared, on topic `iot-alerts`."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from iot_contracts.readings import (
    MAX_NAME_LENGTH,
    NAME_PATTERN,
    Location,
    ReadingId,
    SensorId,
    SensorTypeName,
)

LOW_BATTERY_PERCENT = 30.0
CRITICAL_BATTERY_PERCENT = 15.0


class Severity(StrEnum):
    """How urgent the alert is."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class RuleKind(StrEnum):
    """What a rule watches."""

    THRESHOLD = "threshold"
    RATE_OF_CHANGE = "rate_of_change"
    STUCK = "stuck"
    NO_DATA = "no_data"
    MISSING = "missing"
    BATTERY = "battery"
    DETECTOR = "detector"


class AlertState(StrEnum):
    """What a transition did to its alert."""

    OPENED = "opened"
    UPDATED = "updated"
    CLEARED = "cleared"


class ClearReason(StrEnum):
    """Why an alert was cleared."""

    RECOVERED = "recovered"
    """The condition held no longer."""
    RULE_DELETED = "rule_deleted"
    """The rule was deleted or disabled."""
    NOT_APPLICABLE = "not_applicable"
    """The rule, or the sensor, was changed so that the rule applies to this series no longer."""


class AlertTransition(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step of an alert's life. Of one series (sensor_id, sensor_type, unit) and rule at most one alert is open.

    Identity is (alert_id, sequence): a step sent again after a crash says the same. A consumer keeps the highest
    sequence of each alert_id. No clock of a program enters: each time is the readings' own or the broker's.
    """

    alert_id: Annotated[
        str,
        Meta(
            pattern=r"^[0-9a-f]{32}$",
            description="Hash of sensor_id, sensor_type, the series' unit, rule_id and the opening reading's id.",
        ),
    ]
    sequence: Annotated[int, Meta(ge=0, description="0 is `opened`; each later step is one more.")]
    state: AlertState
    clear_reason: Annotated[ClearReason | None, Meta(description="Only of `cleared`.")] = None
    rule_id: Annotated[str, Meta(min_length=1, max_length=MAX_NAME_LENGTH, pattern=NAME_PATTERN)]
    rule_version: Annotated[int, Meta(ge=0, description="Version of the rule that was applied; 0 is a default rule.")]
    kind: RuleKind
    severity: Severity
    sensor_id: SensorId
    sensor_type: SensorTypeName
    location: Location
    unit: Annotated[
        str,
        Meta(description="Unit of `value`, `peak` and `limit`: the readings', `%` of a battery, per second of a rate."),
    ]
    opened_at: Annotated[datetime, Meta(tz=True, description="Event time of `opened`.")]
    event_time: Annotated[datetime, Meta(tz=True, description="Event time of this step.")]
    last_seen: Annotated[datetime, Meta(tz=True, description="Event time of the last reading that counted.")]
    count: Annotated[int, Meta(ge=1, description="Readings that met the condition so far.")]
    value: Annotated[float, Meta(description="What the rule judged at this step: value, rate or battery level.")]
    peak: Annotated[float, Meta(description="The worst of what was judged so far.")]
    limit: Annotated[float | None, Meta(description="The limit that was crossed, if the rule has one.")] = None
    score: Annotated[float | None, Meta(description="The detector's highest score so far, 0 to 1.")] = None
    message: Annotated[str, Meta(description="One human-readable sentence.")]
    reading_id: Annotated[ReadingId, Meta(description="Id of the reading that opened it; of absence, the last one.")]
    appended_at: Annotated[
        datetime,
        Meta(
            tz=True,
            description="The broker's append time of the message that caused this step; of `opened` by absence, "
            "of the last message plus the rule's bound.",
        ),
    ]
