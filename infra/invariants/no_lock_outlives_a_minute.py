"""A lock that nobody releases stops every commit."""

from __future__ import annotations

from invariants.bounds import MAX_LOCK_AGE_S
from invariants.evidence import Evidence
from invariants.protocol import Violation


class NoLockOutlivesAMinute:
    """No lock in the metastore is older than a minute."""

    name = "no lock is older than a minute"

    def check(self, evidence: Evidence) -> list[Violation]:
        """Find old locks."""
        return [
            Violation(
                self.name,
                "lock",
                f"lock {lock.id} on {lock.table} ({lock.state}) is {lock.age_s:.0f} s old, held by {lock.holder}",
            )
            for lock in evidence.locks
            if lock.age_s > MAX_LOCK_AGE_S
        ]
