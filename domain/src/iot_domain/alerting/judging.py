"""Does a reading meet a rule's condition? One verdict a kind."""

import math
from enum import Enum
from typing import NamedTuple

from iot_contracts.alerts import RuleKind
from iot_domain.alerting.compiled import Limits
from iot_domain.alerting.state import Seen


class Verdict(Enum):
    """What a reading says of a rule's condition."""

    MET = 1
    HELD = 0
    """Within the dead band: opens nothing and clears nothing."""
    RECOVERED = -1


class Judgement(NamedTuple):
    """A verdict, what was judged, the limit that counts, and how bad it is (the worst has the largest)."""

    verdict: Verdict
    value: float
    limit: float | None
    excess: float


class Row(NamedTuple):
    """One reading. Times in µs; `battery` and `score` are NaN where there is none."""

    value: float
    battery: float
    event_us: int
    append_us: int
    alive_us: int
    reading_id: object
    score: float
    anomalous: bool
    reason: str | None
    is_late: bool


def judge(limits: Limits, row: Row, seen: Seen | None) -> Judgement | None:
    """Judge a reading by one rule, `seen` being the reading before; None: it says nothing about the condition."""
    match limits.kind:
        case RuleKind.THRESHOLD:
            return _threshold(limits, row.value)
        case RuleKind.BATTERY:
            return None if math.isnan(row.battery) else _below(limits, row.battery)
        case RuleKind.DETECTOR:
            met = row.anomalous if math.isinf(limits.high) else row.score >= limits.high
            limit = None if math.isinf(limits.high) else limits.high
            excess = -math.inf if math.isnan(row.score) else row.score
            return Judgement(Verdict.MET if met else Verdict.RECOVERED, row.value, limit, excess)
        case RuleKind.RATE_OF_CHANGE:
            return _rate(limits, row, seen)
        case _:
            return _stuck(limits, row, seen)


def _threshold(limits: Limits, value: float) -> Judgement:
    if value > limits.high:
        return Judgement(Verdict.MET, value, limits.high, value - limits.high)
    if value < limits.low:
        return Judgement(Verdict.MET, value, limits.low, limits.low - value)
    inside = limits.low + limits.dead_band <= value <= limits.high - limits.dead_band
    return Judgement(Verdict.RECOVERED if inside else Verdict.HELD, value, None, 0.0)


def _below(limits: Limits, level: float) -> Judgement:
    if level < limits.low:
        return Judgement(Verdict.MET, level, limits.low, limits.low - level)
    recovered = level >= min(limits.low + limits.dead_band, 100.0)
    return Judgement(Verdict.RECOVERED if recovered else Verdict.HELD, level, None, 0.0)


def _rate(limits: Limits, row: Row, seen: Seen | None) -> Judgement | None:
    """Nothing is known of a change within no time, or since a reading that is not there."""
    if seen is None or row.event_us <= seen.event_us:
        return None
    rate = (row.value - seen.value) / ((row.event_us - seen.event_us) / 1e6)
    met = abs(rate) > limits.high
    return Judgement(Verdict.MET if met else Verdict.RECOVERED, rate, limits.high if met else None, abs(rate))


def _stuck(limits: Limits, row: Row, seen: Seen | None) -> Judgement:
    repeats = repeats_of(row, seen)
    met = repeats >= limits.high
    return Judgement(Verdict.MET if met else Verdict.RECOVERED, row.value, None, float(repeats))


def repeats_of(row: Row, seen: Seen | None) -> int:
    """How many readings in a row have had this one's value, this one included."""
    return seen.repeats + 1 if seen is not None and seen.value == row.value else 1
