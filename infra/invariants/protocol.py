"""What an invariant is, and what it says when a promise is broken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from invariants.evidence import Evidence

MAX_EXAMPLES = 100
"""Violations are counted exactly; so many of them are named."""


@dataclass(frozen=True)
class Violation:
    """One way in which a promise is broken: `kind` in a word or two, how often, and examples by id."""

    invariant: str
    kind: str
    detail: str
    count: int = 1
    examples: tuple[str, ...] = ()


class Invariant(Protocol):
    """One promise. The class's docstring states it."""

    name: str

    def check(self, evidence: Evidence) -> list[Violation]:
        """Return how the evidence breaks the promise; nothing when it is kept."""
        ...
