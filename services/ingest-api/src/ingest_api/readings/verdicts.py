"""Which readings of a request are taken, and why the others are not. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from ingest_api.formats.candidates import Candidate
from ingest_api.readings.rules import Limits, Rules, Window
from iot_contracts.problems import ItemError
from iot_contracts.readings import Reading
from iot_domain.event_time import event_time
from iot_domain.names import is_name
from iot_domain.reading_files.faults import NOT_A_NAME

MAX_LISTED_ERRORS = 1_000
"""An answer lists this many errors; further rejected items are only counted, so that it stays bounded."""


@dataclass(frozen=True)
class Verdicts:
    """What became of a request's items: accepted ones in their order, and the first errors."""

    accepted: Sequence[Reading] = ()
    rejected: int = 0
    errors: list[ItemError] = field(default_factory=list)

    def all_or_nothing(self) -> "Verdicts":
        """The same when nothing was rejected; otherwise nothing accepted, with the errors of what was wrong."""
        if not self.rejected:
            return self
        return Verdicts(rejected=self.rejected + len(self.accepted), errors=self.errors)


def judge(candidates: Sequence[Candidate], rules: Rules, now: datetime, new_reading_id: Callable[[], UUID]) -> Verdicts:
    """Accept what can become a `Reading` by the rules (an id made where missing, its time in UTC), reject the rest.

    A batch of complete readings is looked at as a whole; item by item only when something in it is wrong.
    """
    window = rules.window(now)
    if _is_complete(candidates) and _all_pass(readings := cast("Sequence[Reading]", candidates), rules, window):
        return Verdicts(accepted=readings)
    accepted: list[Reading] = []
    errors: list[ItemError] = []
    rejected = 0
    for index, candidate in enumerate(candidates):
        verdict = _verdict(index, candidate, new_reading_id)
        if isinstance(verdict, Reading):
            violation = rules.violation(verdict, window)
            if violation is None:
                accepted.append(verdict)
                continue
            verdict = ItemError(index=index, pointer=violation.pointer, code=violation.code, detail=violation.detail)
        rejected += 1
        if rejected <= MAX_LISTED_ERRORS:
            errors.append(verdict)
    return Verdicts(accepted, rejected, errors)


def _is_complete(candidates: Sequence[Candidate]) -> bool:
    return all(issubclass(kind, Reading) for kind in set(map(type, candidates)))


def _all_pass(readings: Sequence[Reading], rules: Rules, window: Window) -> bool:
    times = [reading.timestamp for reading in readings]
    if {time.tzinfo for time in times} != {UTC} or max(times) > window.latest or min(times) < window.earliest:
        return False
    known: dict[tuple[str, str], Limits] = {}
    for reading in readings:
        kind = reading.sensor_type, reading.unit
        limits = known.get(kind)
        if limits is None:
            limits = rules.limits(*kind)
            if limits is None:
                return False
            known[kind] = limits
        if not limits[0] <= reading.value <= limits[1]:
            return False
    return all(map(is_name, {reading.sensor_id for reading in readings} | {sensor_type for sensor_type, _ in known}))


def _verdict(index: int, candidate: Candidate, new_reading_id: Callable[[], UUID]) -> Reading | ItemError:
    if isinstance(candidate, ItemError):
        return candidate
    for pointer, name in (("/sensor_id", candidate.sensor_id), ("/sensor_type", candidate.sensor_type)):
        if not is_name(name):
            return ItemError(index=index, pointer=pointer, code="invalid_field", detail=NOT_A_NAME)
    try:
        timestamp = event_time(candidate.timestamp)
    except ValueError as error:
        return ItemError(index=index, pointer="/timestamp", code="invalid_field", detail=str(error))
    if isinstance(candidate, Reading) and candidate.timestamp is timestamp:
        return candidate
    return Reading(
        reading_id=candidate.reading_id or new_reading_id(),
        sensor_id=candidate.sensor_id,
        sensor_type=candidate.sensor_type,
        location=candidate.location,
        value=candidate.value,
        unit=candidate.unit,
        timestamp=timestamp,
        is_anomaly=candidate.is_anomaly,
        battery_level=candidate.battery_level,
    )
