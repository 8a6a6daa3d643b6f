"""Nothing is counted twice."""

from __future__ import annotations

from invariants.evidence import Evidence
from invariants.naming import identity
from invariants.protocol import MAX_EXAMPLES, Violation

PLACES = {"stored": "iot.readings", "anomalies": "iot.anomalies", "answered": "an answer of /v1/readings"}
_DOUBLED = "SELECT sensor_id, reading_id, count(*) AS times FROM {table} GROUP BY ALL HAVING times > 1"


class NoReadingTwice:
    """No (sensor_id, reading_id) is twice in a table or in an answer."""

    name = "no reading twice"

    def check(self, evidence: Evidence) -> list[Violation]:
        """Find identities that stand in one place more than once."""
        violations = []
        for table, place in PLACES.items():
            doubled = _DOUBLED.format(table=table)
            if count := evidence.ledger.number(f"SELECT count(*) FROM ({doubled})"):
                rows = evidence.ledger.rows(f"{doubled} ORDER BY ALL LIMIT {MAX_EXAMPLES}")
                examples = tuple(f"{identity(sensor, reading)} ({times} times)" for sensor, reading, times in rows)
                violations.append(Violation(self.name, "doubled", f"in {place}", count, examples))
        return violations
