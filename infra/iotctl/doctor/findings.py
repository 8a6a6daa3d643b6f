"""What the doctor says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Severity(IntEnum):
    """How bad it is; the worst first."""

    BROKEN = 0
    """Something does not work now."""
    DANGER = 1
    """Something will break, or is slower than it should be."""
    NOTE = 2
    """Worth knowing; nothing has to be done."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, and what to do about it."""

    severity: Severity
    problem: str
    remedy: str


def worst_first(findings: list[Finding]) -> list[Finding]:
    """Return the findings in the order in which they should be read; of equal ones, as they were found."""
    return sorted(findings, key=lambda finding: finding.severity)
