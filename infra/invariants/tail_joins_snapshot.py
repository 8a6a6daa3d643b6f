"""An answer is one snapshot and what comes after it, without a gap and without an overlap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from invariants.evidence import Answer, Evidence, Snapshot
from invariants.ledger import Ledger
from invariants.protocol import Violation
from iot_contracts.tables import READINGS

# Readings that the tail has to count: from the answer's offsets on, each identity once, none that lies below them.
_TAIL = """
    WITH span AS (
        SELECT unnest(?::INTEGER[]) AS kafka_partition, unnest(?::BIGINT[]) AS first, unnest(?::BIGINT[]) AS end
    )
    SELECT count(DISTINCT (r.sensor_id, r.reading_id)) FROM received r JOIN span USING (kafka_partition)
    WHERE r.kafka_offset >= span.first AND r.kafka_offset < span.end AND r.reading_id IS NOT NULL AND NOT EXISTS (
        FROM stored s JOIN span b USING (kafka_partition)
        WHERE s.reading_id = r.reading_id AND s.sensor_id = r.sensor_id AND s.kafka_offset < b.first
    )
"""


class TailJoinsSnapshot:
    """An answer of query-api names a snapshot with that one's offsets; its tail is what is in the topic from there on.

    And a snapshot holds no message at or above its own offsets, which the tail would count again.
    """

    name = "the tail joins the snapshot"

    def check(self, evidence: Evidence) -> list[Violation]:
        """Compare the answer with the table's history and the topic."""
        details = [*_overlap(evidence.ledger)]
        if evidence.answer is not None:
            details += _of_answer(evidence.answer, evidence.snapshots.get(READINGS.name, ()), evidence.ledger)
        return [Violation(self.name, "tail", detail) for detail in details]


def _overlap(ledger: Ledger) -> Iterator[str]:
    rows = ledger.rows("""
        SELECT kafka_partition, count(*), any_value(committed) FROM stored JOIN bounds USING (kafka_partition)
        WHERE kafka_offset >= committed GROUP BY ALL ORDER BY ALL
    """)
    for partition, count, committed in rows:
        yield f"partition {partition}: the snapshot holds {count} messages at or above its own offset {committed}"


def _of_answer(answer: Answer, snapshots: Sequence[Snapshot], ledger: Ledger) -> Iterator[str]:
    here = next((place for place, one in enumerate(snapshots) if one.id == answer.snapshot_id), None)
    if here is None and answer.snapshot_id is not None:
        yield f"query-api answers from snapshot {answer.snapshot_id}, which is not in the table's history"
        return
    history = [] if here is None else snapshots[: here + 1]
    offsets = next((one.offsets for one in reversed(history) if one.offsets is not None), {})
    if dict(answer.offsets) != dict(offsets):
        begins, ends = dict(answer.offsets), dict(offsets)
        yield f"query-api's tail begins at {begins}, snapshot {answer.snapshot_id} ends at {ends}"
    rows = history[-1].total_rows if history else 0
    counted = answer.count - answer.tail_readings
    if rows is not None and counted != rows:
        yield f"an answer counts {counted} rows outside of its tail, its snapshot has {rows}"
    if answer.tail_is_complete:
        yield from _of_tail(answer, ledger)


def _of_tail(answer: Answer, ledger: Ledger) -> Iterator[str]:
    ends = dict(ledger.rows("SELECT kafka_partition, last FROM bounds ORDER BY ALL"))
    firsts = [answer.offsets.get(partition, 0) for partition in ends]
    read = [answer.read_up_to.get(partition, 0) for partition in ends]
    least = ledger.number(_TAIL, [list(ends), firsts, read])
    most = ledger.number(_TAIL, [list(ends), firsts, list(ends.values())])
    if answer.tail_readings > most:
        yield f"an answer's tail counts {answer.tail_readings} readings, the topic had at most {most} new ones"
    if answer.tail_readings < least:
        yield (
            f"an answer's tail counts {answer.tail_readings} readings, {least} new ones were read before the question"
        )
