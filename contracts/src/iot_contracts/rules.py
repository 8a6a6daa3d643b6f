"""An alert rule, on topic `iot-rules`: which series it watches, for what, and how long before it alerts.

The newest message of a `rule_id` is the rule. Each of DEFAULT_RULES applies until a message has its `rule_id`.
"""

from typing import Annotated

from msgspec import Meta, Struct

from iot_contracts.alerts import CRITICAL_BATTERY_PERCENT, LOW_BATTERY_PERCENT, Severity
from iot_contracts.readings import MAX_NAME_LENGTH, NAME_PATTERN, BoundedValue, Location, SensorId, SensorTypeName

MAX_DURATION_S = 30 * 86_400

RuleId = Annotated[
    str, Meta(min_length=1, max_length=MAX_NAME_LENGTH, pattern=NAME_PATTERN, examples=["cold-store-too-warm"])
]
Tag = Annotated[str, Meta(min_length=1, max_length=MAX_NAME_LENGTH, examples=["cold-chain"])]
DeadBand = Annotated[
    float,
    Meta(ge=0, description="An open alert has recovered when the value is this far on the good side of the limit."),
]
DurationS = Annotated[float, Meta(ge=0, le=MAX_DURATION_S)]


class Threshold(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="threshold", tag_field="kind"):
    """The value is above or below a limit, in the series' unit.

    Without both limits they are the sensor's own thresholds, and where it has none, its type's normal range.
    """

    above: Annotated[BoundedValue | None, Meta(description="Higher values meet the condition.")] = None
    below: Annotated[BoundedValue | None, Meta(description="Lower values meet the condition.")] = None
    margin: Annotated[
        float,
        Meta(ge=0, le=1000, description="Puts limits of a range further out, by this share of the range's width."),
    ] = 0.0
    dead_band: DeadBand | None = None
    """In the series' unit; null: 2 % of the range's width, of a single limit none."""


class RateOfChange(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="rate_of_change", tag_field="kind"):
    """The value changes faster, up or down, from one reading to the next in event time."""

    change_per_s: Annotated[float, Meta(gt=0, description="In the series' unit per second.")]


class Stuck(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="stuck", tag_field="kind"):
    """The value has been the very same in this many readings one after the other."""

    for_readings: Annotated[int, Meta(ge=2, le=1_000_000)]


class NoData(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="no_data", tag_field="kind"):
    """No reading of a series that is known has been appended for this long, by the broker's time."""

    after_s: Annotated[float, Meta(gt=0, le=MAX_DURATION_S)]


class Missing(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="missing", tag_field="kind"):
    """As no_data, after a number of the sensor's `expected_interval_s`; applies to sensors that have one."""

    after_intervals: Annotated[float, Meta(gt=0, le=10_000)] = 5.0


class Battery(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="battery", tag_field="kind"):
    """The battery level is below this many percent. Readings without a battery level change nothing."""

    below: Annotated[float, Meta(gt=0, le=100)]
    dead_band: DeadBand = 2.0


class Detector(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="detector", tag_field="kind"):
    """Detection calls the reading anomalous; with `min_score`, its score is at least that."""

    min_score: Annotated[float, Meta(ge=0, le=1)] | None = None


Parameters = Threshold | RateOfChange | Stuck | NoData | Missing | Battery | Detector
"""The condition; `kind` says which."""


class Selectors(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which series a rule watches: those that match every selector that is given. None given: all."""

    sensor_type: SensorTypeName | None = None
    location: Location | None = None
    sensor_ids: Annotated[tuple[SensorId, ...], Meta(max_length=10_000)] = ()
    tags: Annotated[
        tuple[Tag, ...], Meta(max_length=64, description="All of them, as the registry has the sensor.")
    ] = ()


class Rule(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One alert rule. Durations are in event time; kinds of absence have none of them."""

    rule_id: RuleId
    version: Annotated[int, Meta(ge=0, description="Grows with every change; 0 is a default rule.")]
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    severity: Severity
    parameters: Parameters
    selectors: Selectors = Selectors()
    for_s: Annotated[
        DurationS,
        Meta(description="The condition must be met by readings this far apart, each at most this far from the last."),
    ] = 0.0
    repeat_count: Annotated[
        int, Meta(ge=1, le=1_000_000, description="The condition must be met by this many readings in a row.")
    ] = 1
    keep_firing_s: Annotated[
        DurationS, Meta(description="An alert is cleared when it has been recovered for this long.")
    ] = 0.0
    enabled: bool = True
    deleted: bool = False


DEFAULT_RULES: tuple[Rule, ...] = (
    Rule(
        rule_id="critical-value",
        version=0,
        name="Value far outside the normal range",
        severity=Severity.HIGH,
        parameters=Threshold(margin=0.5),
    ),
    Rule(
        rule_id="abnormal-value",
        version=0,
        name="Value outside the normal range",
        severity=Severity.MEDIUM,
        parameters=Threshold(),
    ),
    Rule(
        rule_id="battery-critical",
        version=0,
        name="Battery below 15 %",
        severity=Severity.HIGH,
        parameters=Battery(below=CRITICAL_BATTERY_PERCENT),
    ),
    Rule(
        rule_id="battery-low",
        version=0,
        name="Battery below 30 %",
        severity=Severity.MEDIUM,
        parameters=Battery(below=LOW_BATTERY_PERCENT),
    ),
    Rule(rule_id="unusual", version=0, name="Unusual value", severity=Severity.LOW, parameters=Detector()),
    Rule(rule_id="missing", version=0, name="Readings missing", severity=Severity.MEDIUM, parameters=Missing()),
)
"""High (red): a critical value, or a battery below 15 %. Medium (orange): a battery below 30 %, an abnormal level, or
readings that are missing. Low (blue): unusual only."""
