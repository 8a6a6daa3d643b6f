"""Nothing that was acknowledged is lost."""

from __future__ import annotations

from collections.abc import Iterator

from invariants.accounts import LOST, UNTOLD, WRONGLY_REJECTED, accounts
from invariants.bounds import LATE_AFTER_S
from invariants.evidence import Evidence
from invariants.ledger import Ledger
from invariants.naming import with_positions
from invariants.protocol import MAX_EXAMPLES, Violation

_UNSTORED = "FROM unstored u WHERE {condition}"
# Rows at positions of the audited range that are not what the message there says.
_ALTERED = """
    FROM stored s JOIN bounds b USING (kafka_partition)
    ANTI JOIN received r ON r.kafka_partition = s.kafka_partition AND r.kafka_offset = s.kafka_offset
        AND r.reading_id = s.reading_id AND r.sensor_id = s.sensor_id
    WHERE s.kafka_offset >= b.first AND s.kafka_offset < b.last
"""
_LATE = """
    FROM received r JOIN bounds b USING (kafka_partition)
    WHERE r.kafka_offset >= greatest(b.first, b.committed) AND r.kafka_offset < b.last AND r.appended_ms < {before_ms}
"""


class ReceivedIsAccountedFor:
    """In each partition and offset range: received = stored + duplicate + rejected + in flight.

    A duplicate's identity is stored at another position; a rejected message has a dead letter; what is in flight lies
    at or above the snapshot's offsets, and not for longer than a minute.
    """

    name = "received = stored + duplicate + rejected + in flight"

    def check(self, evidence: Evidence) -> list[Violation]:
        """Find what is lost, late, altered, or in no account."""
        return [*self._positions(evidence), *self._expired(evidence.ledger), *self._sums(evidence.ledger)]

    def _positions(self, evidence: Evidence) -> Iterator[Violation]:
        late = _LATE.format(before_ms=evidence.taken_at_ms - LATE_AFTER_S * 1000)
        kinds = {
            "lost": ("below the snapshot's offsets, and in no row and no dead letter", _of(LOST)),
            "no dead letter": ("the contract refuses it, and iot-dlq does not say so", _of(UNTOLD)),
            "wrongly rejected": ("the contract takes it, and iot-dlq says it was refused", _of(WRONGLY_REJECTED)),
            "altered": ("the row says that it came from there, and the message there is another", _ALTERED),
            "late": (f"in flight for more than {LATE_AFTER_S} s", late),
        }
        for kind, (detail, rows) in kinds.items():
            if count := evidence.ledger.number(f"SELECT count(*) {rows}"):
                yield Violation(self.name, kind, detail, count, _examples(evidence.ledger, rows))

    def _expired(self, ledger: Ledger) -> Iterator[Violation]:
        for partition, first, committed, newest in ledger.rows(
            "SELECT kafka_partition, oldest, committed, newest FROM bounds ORDER BY ALL"
        ):
            if committed < first:
                detail = f"partition {partition}: deleted by Kafka before they were stored, {committed} up to {first}"
                yield Violation(self.name, "lost", detail, first - committed)
            if committed > newest:
                detail = (
                    f"partition {partition}: the snapshot's offsets reach {committed} and the topic ends at {newest}; "
                    "the topic is not the one that was stored"
                )
                yield Violation(self.name, "another topic", detail)

    def _sums(self, ledger: Ledger) -> Iterator[Violation]:
        for account in accounts(ledger):
            if account.difference:
                detail = (
                    f"partition {account.partition}, offsets {account.first} up to {account.last}: {account.received} "
                    f"received, {account.stored} stored + {account.duplicate} duplicate + {account.rejected} rejected "
                    f"+ {account.in_flight} in flight"
                )
                yield Violation(self.name, "sum", detail, abs(account.difference))


def _of(condition: str) -> str:
    return _UNSTORED.format(condition=condition)


def _examples(ledger: Ledger, rows: str) -> tuple[str, ...]:
    query = f"SELECT sensor_id, reading_id, kafka_partition, kafka_offset {rows} ORDER BY 3, 4 LIMIT {MAX_EXAMPLES}"
    return with_positions(ledger.rows(query))
