"""Transitions of the contract out of entries: ids, times, sentences."""

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

from iot_contracts.alerts import AlertState as Step
from iot_contracts.alerts import AlertTransition, ClearReason, RuleKind
from iot_contracts.rules import Rule
from iot_domain.alerting.batch import Place
from iot_domain.alerting.state import Entry

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KINDS = {
    "Threshold": RuleKind.THRESHOLD,
    "RateOfChange": RuleKind.RATE_OF_CHANGE,
    "Stuck": RuleKind.STUCK,
    "NoData": RuleKind.NO_DATA,
    "Missing": RuleKind.MISSING,
    "Battery": RuleKind.BATTERY,
    "Detector": RuleKind.DETECTOR,
}


def alert_id(place: Place, rule_id: str, reading_id: str) -> str:
    """The alert's id: the first 128 bits of SHA-256 of series, rule and opening reading, 32 hexadecimal digits."""
    return hashlib.sha256(f"{place.series}\n{rule_id}\n{reading_id}".encode()).hexdigest()[:32]


def kind_of(rule: Rule) -> RuleKind:
    """What a rule watches, from the type of its parameters."""
    return _KINDS[type(rule.parameters).__name__]


def transition(
    step: Step,
    entry: Entry,
    place: Place,
    rule: Rule,
    *,
    event_us: int,
    append_us: int,
    message: str,
    reason: ClearReason | None = None,
) -> AlertTransition:
    """The next transition of `entry`, which is updated: its sequence, and when it was last noted."""
    entry.sequence += 1
    entry.noted_us = event_us
    kind = kind_of(rule)
    return AlertTransition(
        alert_id=alert_id(place, rule.rule_id, entry.reading_id),
        sequence=entry.sequence,
        state=step,
        clear_reason=reason,
        rule_id=rule.rule_id,
        rule_version=rule.version,
        kind=kind,
        severity=rule.severity,
        sensor_id=place.sensor_id,
        sensor_type=place.sensor_type,
        location=place.location,
        unit=unit_of(kind, place.unit),
        opened_at=instant(entry.opened_us),
        event_time=instant(event_us),
        last_seen=instant(entry.last_us),
        count=entry.count,
        value=entry.value,
        peak=entry.peak,
        limit=entry.limit,
        score=entry.score,
        message=message,
        reading_id=UUID(entry.reading_id),
        appended_at=instant(append_us),
    )


def unit_of(kind: RuleKind, unit: str) -> str:
    """Unit of what a rule of this kind judges."""
    match kind:
        case RuleKind.BATTERY:
            return "%"
        case RuleKind.RATE_OF_CHANGE:
            return f"{unit}/s"
        case _:
            return unit


def instant(time_us: int) -> datetime:
    """A time in µs since the epoch."""
    return _EPOCH + timedelta(microseconds=time_us)


def sentence(kind: RuleKind, place: Place, entry: Entry, reason: str | None) -> str:
    """What is the matter, in one sentence."""
    unit = unit_of(kind, place.unit)
    now = f"{entry.value:.6g} {unit}"
    match kind:
        case RuleKind.THRESHOLD if entry.limit is not None:
            side = "above" if entry.value > entry.limit else "below"
            return f"{place.sensor_type} of {place.sensor_id} is {now}, {side} {entry.limit:.6g} {unit}"
        case RuleKind.BATTERY if entry.limit is not None:
            return f"battery of {place.sensor_id} at {now}, below {entry.limit:.6g} %"
        case RuleKind.RATE_OF_CHANGE if entry.limit is not None:
            return f"{place.sensor_type} of {place.sensor_id} changes by {now}, faster than {entry.limit:.6g} {unit}"
        case RuleKind.STUCK:
            return f"{place.sensor_type} of {place.sensor_id} has been {now} in {entry.excess:.0f} readings in a row"
        case RuleKind.NO_DATA | RuleKind.MISSING:
            since = f"{instant(entry.last_us):%Y-%m-%d %H:%M:%S} UTC"
            return f"no reading of {place.sensor_type} from {place.sensor_id} since {since}"
        case _:
            return reason or f"{place.sensor_type} of {place.sensor_id} is unusual: {now}"


def cleared_sentence(kind: RuleKind, place: Place, value: float | None, reason: ClearReason) -> str:
    """Why it is over, in one sentence; `value` is what was judged last."""
    who = f"{place.sensor_type} of {place.sensor_id}"
    if reason is ClearReason.RULE_DELETED:
        return f"{who}: the rule was deleted or disabled"
    if reason is ClearReason.NOT_APPLICABLE:
        return f"{who}: the rule applies no longer"
    if kind in (RuleKind.NO_DATA, RuleKind.MISSING):
        return f"{who} sends again"
    back = "" if value is None else f", at {value:.6g} {unit_of(kind, place.unit)}"
    return f"{who} is back to normal{back}"
