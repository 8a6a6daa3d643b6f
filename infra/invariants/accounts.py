"""Per partition, what became of the audited messages."""

from __future__ import annotations

from dataclasses import dataclass

from invariants.ledger import Ledger

_DEAD = "EXISTS (FROM dead_letters d WHERE d.kafka_partition = u.kafka_partition AND d.kafka_offset = u.kafka_offset)"
_KNOWN = "EXISTS (FROM stored s WHERE s.reading_id = u.reading_id AND s.sensor_id = u.sensor_id)"
REJECTED = f"u.reading_id IS NULL OR {_DEAD}"
DUPLICATE = f"NOT ({REJECTED}) AND {_KNOWN}"
LOST = f"NOT ({REJECTED}) AND NOT {_KNOWN}"
UNTOLD = f"u.reading_id IS NULL AND NOT {_DEAD}"
WRONGLY_REJECTED = f"u.reading_id IS NOT NULL AND {_DEAD}"
"""Conditions on `unstored u`."""


@dataclass(frozen=True)
class Account:
    """One partition's messages in [first, last): `received` are in the topic, `stored` rows in the table."""

    partition: int
    first: int
    last: int
    committed: int
    received: int
    stored: int
    duplicate: int
    rejected: int
    in_flight: int

    @property
    def difference(self) -> int:
        """Return received less everything that a message may become."""
        return self.received - self.stored - self.duplicate - self.rejected - self.in_flight


def accounts(ledger: Ledger) -> list[Account]:
    """Return each partition's account, in order."""
    rows = ledger.rows(f"""
        WITH left_over AS (
            SELECT u.kafka_partition,
                count(*) FILTER ({DUPLICATE}) AS duplicate, count(*) FILTER ({REJECTED}) AS rejected
            FROM unstored u GROUP BY ALL
        ), received_in AS (
            SELECT kafka_partition, count(*) AS received, count(*) FILTER (kafka_offset >= committed) AS in_flight
            FROM received JOIN bounds USING (kafka_partition)
            WHERE kafka_offset >= first AND kafka_offset < last GROUP BY ALL
        ), stored_in AS (
            SELECT kafka_partition, count(*) AS stored FROM stored JOIN bounds USING (kafka_partition)
            WHERE kafka_offset >= first AND kafka_offset < least(last, committed) GROUP BY ALL
        )
        SELECT kafka_partition, first, last, committed, coalesce(received, 0), coalesce(stored, 0),
            coalesce(duplicate, 0), coalesce(rejected, 0), coalesce(in_flight, 0)
        FROM bounds LEFT JOIN left_over USING (kafka_partition) LEFT JOIN received_in USING (kafka_partition)
            LEFT JOIN stored_in USING (kafka_partition) ORDER BY kafka_partition
    """)
    return [Account(*row) for row in rows]
