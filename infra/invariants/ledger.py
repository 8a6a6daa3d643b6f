"""The rows that invariants are judged on, in a DuckDB database that spills to disk when memory is short.

An identity is (sensor_id, reading_id), the latter as its 16 bytes. A position is (kafka_partition, kafka_offset).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

MEMORY_MIB = 768
_TABLES = {
    # Of each partition: `oldest` is the first message that Kafka still has; the audited messages are those in
    # [first, last); the snapshot holds all below `committed`; `newest` is the topic's end after it was looked at.
    "bounds": "kafka_partition INTEGER, oldest BIGINT, first BIGINT, last BIGINT, committed BIGINT, newest BIGINT",
    # Every message from the first bound on; without an identity when the contract refuses it.
    "received": "kafka_partition INTEGER, kafka_offset BIGINT, appended_ms BIGINT, sensor_id VARCHAR, reading_id BLOB",
    # The rows of iot.readings and of iot.anomalies in one snapshot each.
    "stored": "sensor_id VARCHAR, reading_id BLOB, kafka_partition INTEGER, kafka_offset BIGINT",
    "anomalies": "sensor_id VARCHAR, reading_id BLOB",
    # The source positions of iot-dlq's messages.
    "dead_letters": "kafka_partition INTEGER, kafka_offset BIGINT",
    "alerts": "alert_id VARCHAR, sensor_id VARCHAR, reading_id BLOB",
    # The rows of one answer of query-api's /v1/readings.
    "answered": "sensor_id VARCHAR, reading_id BLOB",
}
# Audited messages that the snapshot should hold and that are not stored as what they are.
_UNSTORED = """
    CREATE VIEW unstored AS
    SELECT r.* FROM received r JOIN bounds b USING (kafka_partition)
    ANTI JOIN stored s ON s.kafka_partition = r.kafka_partition AND s.kafka_offset = r.kafka_offset
        AND s.reading_id = r.reading_id AND s.sensor_id = r.sensor_id
    WHERE r.kafka_offset >= b.first AND r.kafka_offset < least(b.last, b.committed)
"""


class Ledger:
    """One audit's rows. `folder` is where they are kept and spilled to; without one they stay in memory."""

    def __init__(self, folder: Path | None = None) -> None:
        self._connection = duckdb.connect(":memory:" if folder is None else str(folder / "ledger.duckdb"))
        self._connection.execute(f"SET memory_limit = '{MEMORY_MIB}MiB'")
        self._connection.execute("SET preserve_insertion_order = false")
        if folder is not None:
            self._connection.execute(f"SET temp_directory = '{folder / 'spill'}'")
        for name, columns in _TABLES.items():
            self._connection.execute(f"CREATE TABLE {name} ({columns})")
        self._connection.execute(_UNSTORED)

    def add(self, table: str, rows: Sequence[Sequence[object]]) -> None:
        """Add rows, each in the order of the table's columns."""
        if rows:
            # A list a column: a statement a row would take a millisecond each.
            columns = [list(column) for column in zip(*rows, strict=True)]
            lists = ", ".join(["unnest(?)"] * len(columns))
            self._connection.execute(f"INSERT INTO {table} SELECT {lists}", columns)

    def add_parquet(self, table: str, select: str, files: Sequence[Path]) -> None:
        """Add what `select` (a select list) makes of the rows of Parquet files."""
        if files:
            names = [str(file) for file in files]
            self._connection.execute(f"INSERT INTO {table} SELECT {select} FROM read_parquet(?)", [names])

    def begin_at(self, offsets: Mapping[int, int]) -> list[int]:
        """Audit no message below `offsets`; return the partitions of which that leaves some out."""
        moved = []
        for partition, offset in offsets.items():
            moved += self.rows(
                "UPDATE bounds SET first = ?, last = greatest(last, ?) WHERE kafka_partition = ? AND first < ? "
                "RETURNING kafka_partition",
                [offset, offset, partition, offset],
            )
        return [partition for (partition,) in moved]

    def settle(self) -> None:
        """Compute once what every invariant asks for; call it when all rows are there."""
        self._connection.execute("CREATE OR REPLACE TABLE settled AS SELECT * FROM unstored")
        self._connection.execute("CREATE OR REPLACE VIEW unstored AS SELECT * FROM settled")

    def rows(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return the rows that a query gives."""
        return self._connection.execute(query, list(parameters)).fetchall()

    def number(self, query: str, parameters: Sequence[object] = ()) -> int:
        """Return the one number that a query gives."""
        return int(self.rows(query, parameters)[0][0])
