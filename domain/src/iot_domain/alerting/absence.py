"""Absence: a series of which the broker has had nothing for longer than a bound. By append time, told in event time.

An alert of absence says the same whenever it is noticed: it opens at the last reading's event time plus the bound.
"""

from iot_contracts.alerts import AlertState as Step
from iot_contracts.alerts import AlertTransition, ClearReason
from iot_domain.alerting.batch import Place
from iot_domain.alerting.compiled import Limits
from iot_domain.alerting.state import Entry, Seen
from iot_domain.alerting.transitions import cleared_sentence, sentence, transition

MAX_STEP_US = 60 * 1_000_000
"""From one message of the partition to the next the clock advances by this at most. After an outage of what is before
the broker, the first message of the backlog would otherwise make every other series look absent."""


def is_absent(seen: Seen, limits: Limits, alive_us: int) -> bool:
    """Whether the series has been away for longer than the bound."""
    return alive_us - seen.alive_us > limits.bound_us


def open_absence(seen: Seen, limits: Limits, place: Place) -> tuple[Entry, AlertTransition]:
    """Open the alert about a series whose newest reading is `seen`."""
    entry = Entry(
        reading_id=seen.reading_id,
        location=place.location,
        first_us=seen.event_us,
        last_us=seen.event_us,
        last_append_us=seen.append_us + limits.bound_us,
        count=1,
        value=seen.value,
        peak=seen.value,
        excess=0.0,
        limit=None,
        score=None,
        opened_us=seen.event_us + limits.bound_us,
    )
    opened = transition(
        Step.OPENED,
        entry,
        place,
        limits.rule,
        event_us=entry.opened_us,
        append_us=entry.last_append_us,
        message=sentence(limits.kind, place, entry, None),
    )
    return entry, opened


def end_absence(entry: Entry, limits: Limits, place: Place, event_us: int, append_us: int) -> AlertTransition:
    """Clear the alert by a reading; not before it was opened, when a backlog ends it."""
    return transition(
        Step.CLEARED,
        entry,
        place,
        limits.rule,
        event_us=max(event_us, entry.opened_us),
        append_us=append_us,
        message=cleared_sentence(limits.kind, place, None, ClearReason.RECOVERED),
        reason=ClearReason.RECOVERED,
    )
