"""All promises that run as code, in the order in which an audit reports them."""

from __future__ import annotations

from invariants.alerts_have_readings import AlertsHaveReadings
from invariants.evidence import Evidence
from invariants.files_within_bounds import FilesWithinBounds
from invariants.no_lock_outlives_a_minute import NoLockOutlivesAMinute
from invariants.no_reading_twice import NoReadingTwice
from invariants.offsets_never_go_back import OffsetsNeverGoBack
from invariants.protocol import Invariant, Violation
from invariants.received_is_accounted_for import ReceivedIsAccountedFor
from invariants.tail_joins_snapshot import TailJoinsSnapshot

INVARIANTS: tuple[Invariant, ...] = (
    ReceivedIsAccountedFor(),
    NoReadingTwice(),
    OffsetsNeverGoBack(),
    AlertsHaveReadings(),
    TailJoinsSnapshot(),
    NoLockOutlivesAMinute(),
    FilesWithinBounds(),
)


def check_all(evidence: Evidence) -> list[Violation]:
    """Return every violation of every promise."""
    return [violation for invariant in INVARIANTS for violation in invariant.check(evidence)]
