"""The life of one alert of a rule that judges readings: pending, open, firing on, cleared. In event time."""

import math
from typing import NamedTuple

from iot_contracts.alerts import AlertState as Step
from iot_contracts.alerts import AlertTransition, ClearReason, RuleKind
from iot_domain.alerting.batch import Place
from iot_domain.alerting.compiled import Limits
from iot_domain.alerting.judging import Judgement, Row, Verdict
from iot_domain.alerting.state import Entry
from iot_domain.alerting.transitions import cleared_sentence, sentence, transition

UPDATE_EVERY_US = 60 * 1_000_000
"""`updated` is said at most once in this much event time."""


class Outcome(NamedTuple):
    """What a reading made of an entry, and what is to be published."""

    entry: Entry | None
    transitions: tuple[AlertTransition, ...]


def advance_entry(entry: Entry | None, limits: Limits, place: Place, row: Row, judged: Judgement) -> Outcome:
    """Advance one rule's entry about one series by a reading that is not late. `entry` may be changed."""
    done: tuple[AlertTransition, ...] = ()
    if entry is not None and _has_fired_on(entry, limits, row.event_us):
        done = (_clear(entry, limits, place, row, None),)
        entry = None
    match judged.verdict:
        case Verdict.MET:
            entry, news = _met(entry, limits, place, row, judged)
        case Verdict.HELD:
            entry, news = (entry if entry is not None and entry.is_open else None), ()
        case Verdict.RECOVERED:
            entry, news = _recovered(entry, limits, place, row, judged)
    return Outcome(entry, (*done, *news))


def would_change(entry: Entry | None, row: Row, verdict: Verdict) -> bool:
    """Whether a reading that came late would have changed a decision, had it come in order.

    One that meets the condition would have opened an alert, or opened it earlier; one that does not would have
    interrupted what was taken for lasting.
    """
    match verdict:
        case Verdict.MET:
            return entry is None or row.event_us < entry.first_us
        case Verdict.HELD:
            return entry is not None and not entry.is_open and row.event_us >= entry.first_us
        case Verdict.RECOVERED:
            return entry is not None and entry.first_us <= row.event_us <= entry.last_us


def _met(entry: Entry | None, limits: Limits, place: Place, row: Row, judged: Judgement) -> Outcome:
    # A longer silence than the duration that is asked for proves nothing about the time in between.
    if entry is not None and not entry.is_open and row.event_us - entry.last_us > limits.for_us > 0:
        entry = None
    if entry is None:
        entry = _begin(place, row, judged)
    else:
        _add(entry, row, judged)
    if entry.is_open:
        entry.recovered_us = None
        if row.event_us - entry.noted_us < UPDATE_EVERY_US:
            return Outcome(entry, ())
        return Outcome(entry, (_say(Step.UPDATED, entry, limits, place, row),))
    if entry.count < limits.rule.repeat_count or row.event_us - entry.first_us < limits.for_us:
        return Outcome(entry, ())
    entry.reading_id, entry.opened_us = str(row.reading_id), row.event_us
    return Outcome(entry, (_say(Step.OPENED, entry, limits, place, row),))


def _recovered(entry: Entry | None, limits: Limits, place: Place, row: Row, judged: Judgement) -> Outcome:
    if entry is None or not entry.is_open:
        return Outcome(None, ())
    if entry.recovered_us is None:
        entry.recovered_us = row.event_us
    if limits.keep_us:
        return Outcome(entry, ())
    return Outcome(None, (_clear(entry, limits, place, row, judged),))


def _has_fired_on(entry: Entry, limits: Limits, event_us: int) -> bool:
    """Whether the alert had been recovered for long enough by then."""
    return entry.recovered_us is not None and event_us - entry.recovered_us >= limits.keep_us


def _begin(place: Place, row: Row, judged: Judgement) -> Entry:
    return Entry(
        reading_id=str(row.reading_id),
        location=place.location,
        first_us=row.event_us,
        last_us=row.event_us,
        last_append_us=row.append_us,
        count=1,
        value=judged.value,
        peak=judged.value,
        excess=judged.excess,
        limit=judged.limit,
        score=None if math.isnan(row.score) else row.score,
    )


def _add(entry: Entry, row: Row, judged: Judgement) -> None:
    entry.last_us, entry.last_append_us = row.event_us, row.append_us
    entry.count += 1
    entry.value, entry.limit = judged.value, judged.limit
    if judged.excess > entry.excess:
        entry.peak, entry.excess = judged.value, judged.excess
    if not math.isnan(row.score):
        entry.score = row.score if entry.score is None else max(entry.score, row.score)


def _say(step: Step, entry: Entry, limits: Limits, place: Place, row: Row) -> AlertTransition:
    message = sentence(limits.kind, place, entry, row.reason)
    return transition(step, entry, place, limits.rule, event_us=row.event_us, append_us=row.append_us, message=message)


def _clear(entry: Entry, limits: Limits, place: Place, row: Row, judged: Judgement | None) -> AlertTransition:
    """Clear at the time at which it had been recovered for long enough."""
    recovered_us = row.event_us if entry.recovered_us is None else entry.recovered_us
    if judged is not None:
        entry.value = judged.value
    value = None if judged is None or limits.kind is RuleKind.DETECTOR else judged.value
    return transition(
        Step.CLEARED,
        entry,
        place,
        limits.rule,
        event_us=recovered_us + limits.keep_us,
        append_us=row.append_us,
        message=cleared_sentence(limits.kind, place, value, ClearReason.RECOVERED),
        reason=ClearReason.RECOVERED,
    )
