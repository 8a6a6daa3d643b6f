"""Nobody is alarmed about a reading that is not there."""

from __future__ import annotations

from invariants.evidence import Evidence
from invariants.naming import identity
from invariants.protocol import MAX_EXAMPLES, Violation

_ORPHANS = """
    FROM alerts a ANTI JOIN stored s ON s.reading_id = a.reading_id AND s.sensor_id = a.sensor_id
"""


class AlertsHaveReadings:
    """Every alert's reading is in `iot.readings`: alerts are sent after the commit."""

    name = "every alert's reading exists"

    def check(self, evidence: Evidence) -> list[Violation]:
        """Find alerts about readings that no row is of."""
        count = evidence.ledger.number(f"SELECT count(*) {_ORPHANS}")
        if not count:
            return []
        rows = evidence.ledger.rows(
            f"SELECT alert_id, sensor_id, reading_id {_ORPHANS} ORDER BY ALL LIMIT {MAX_EXAMPLES}"
        )
        examples = tuple(f"{alert} about {identity(sensor, reading)}" for alert, sensor, reading in rows)
        return [Violation(self.name, "no reading", "alerts about readings that are not stored", count, examples)]
