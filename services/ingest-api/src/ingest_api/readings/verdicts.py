"""Which readings of a request are taken, and why the others are not. Pure."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from uuid import UUID

from msgspec import ValidationError, structs

from iot_contracts.problems import ItemError
from iot_contracts.readings import Reading, SubmittedReading

MAX_LISTED_ERRORS = 1_000
"""An answer lists this many errors; further rejected items are only counted, so that it stays bounded."""

Candidate = SubmittedReading | ItemError
"""One item of a request: a reading, or why it is none. Its place in the list is its index."""

_PLACED = re.compile(r"(?P<what>.*) - at `\$(?P<path>[^`]*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(?P<field>\w+)`")
_PATH_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")
_OUT_OF_RANGE = "Is before year 1 or after year 9999 in UTC; send a time inside that range"


@dataclass(frozen=True)
class Verdicts:
    """What became of a request's items: accepted ones in their order, and the first errors."""

    accepted: list[Reading] = field(default_factory=list)
    rejected: int = 0
    errors: list[ItemError] = field(default_factory=list)


def judge(candidates: Sequence[Candidate], new_reading_id: Callable[[], UUID]) -> Verdicts:
    """Accept what can become a `Reading` (an id filled in where missing, its time in UTC), reject the rest."""
    accepted: list[Reading] = []
    errors: list[ItemError] = []
    rejected = 0
    for index, candidate in enumerate(candidates):
        verdict = _verdict(index, candidate, new_reading_id)
        if isinstance(verdict, Reading):
            accepted.append(verdict)
            continue
        rejected += 1
        if rejected <= MAX_LISTED_ERRORS:
            errors.append(verdict)
    return Verdicts(accepted, rejected, errors)


def _verdict(index: int, candidate: Candidate, new_reading_id: Callable[[], UUID]) -> Reading | ItemError:
    if isinstance(candidate, ItemError):
        return candidate
    if isinstance(candidate, Reading) and candidate.timestamp.tzinfo is UTC:
        return candidate
    try:
        timestamp = candidate.timestamp.astimezone(UTC)
    except OverflowError:
        return ItemError(index=index, pointer="/timestamp", code="invalid_field", detail=_OUT_OF_RANGE)
    fields = structs.asdict(candidate)
    fields["timestamp"] = timestamp
    fields["reading_id"] = candidate.reading_id or new_reading_id()
    return Reading(**fields)


def rejection(index: int, error: ValidationError) -> ItemError:
    """The item error for what msgspec says of item `index`, decoded by itself."""
    placed = _PLACED.fullmatch(str(error))
    what, path = (placed["what"], placed["path"]) if placed else (str(error), "")
    pointer = "".join(f"/{name or position}" for name, position in _PATH_STEP.findall(path))
    if missing := _MISSING.fullmatch(what):
        return ItemError(
            index=index,
            pointer=f"{pointer}/{missing['field']}",
            code="missing_field",
            detail=f"Add the field {missing['field']!r}; see the schema SubmittedReading under /docs",
        )
    if not pointer:
        return ItemError(index=index, pointer="", code="not_an_object", detail=f"{what}; send a reading")
    return ItemError(index=index, pointer=pointer, code="invalid_field", detail=f"{what}; correct the field")
