"""What a pass of the operator tells the driver: rows of Arrow, small beside the readings. Pure."""

from typing import NamedTuple

import msgspec
import pyarrow as pa
from msgspec import Struct

FACTS = "facts"
"""`kind` of the row that holds a task's `TaskFacts`; any other kind is the name of a topic to publish to."""
ROW_DDL = "kind string, key binary, value binary"
ROW_SCHEMA = pa.schema([("kind", pa.string()), ("key", pa.binary()), ("value", pa.binary())])


class PaneFacts(Struct, array_like=True, frozen=True):
    """A pane's share of a batch (`windows.running_windows.Pane`)."""

    start_s: int
    sensor_type: str
    location: str
    readings: int
    value_sum: float
    value_min: float
    value_max: float
    anomalies: int


class TableFile(Struct, array_like=True, frozen=True):
    """A Parquet file of readings of one UTC day (ISO 8601), not part of the table yet."""

    path: str
    day: str
    rows: int


class Suspect(Struct, array_like=True, frozen=True):
    """A reading so old that only the table knows whether it came before."""

    partition: int
    offset: int
    sensor_id: str
    reading_id: str
    event_us: int


class TaskFacts(Struct, frozen=True, kw_only=True):
    """Everything but the messages to publish."""

    readings: int = 0
    invalid: int = 0
    repeated: int = 0
    anomalies: int = 0
    panes: list[PaneFacts] = []
    files: list[TableFile] = []
    suspects: list[Suspect] = []
    transitions: int = 0
    clocks: dict[int, int] = {}
    """Partition → its clock (`AlertState.alive_us`) after these messages."""


class Outgoing(NamedTuple):
    """A message to publish."""

    topic: str
    key: bytes
    value: bytes


def to_rows(facts: TaskFacts, outgoing: list[Outgoing]) -> pa.RecordBatch:
    """A task's rows."""
    kinds, keys, values = zip(Outgoing(FACTS, b"", msgspec.msgpack.encode(facts)), *outgoing, strict=True)
    return pa.record_batch([pa.array(kinds), pa.array(keys), pa.array(values)], schema=ROW_SCHEMA)


def from_rows(rows: pa.Table) -> tuple[list[TaskFacts], list[Outgoing]]:
    """The inverse of `to_rows`, of all tasks together; messages in an order that does not depend on the tasks'."""
    kinds, keys, values = (
        rows.column(name).combine_chunks().to_numpy(zero_copy_only=False).tolist() for name in rows.schema.names
    )
    facts: list[TaskFacts] = []
    outgoing: list[Outgoing] = []
    for kind, key, value in zip(kinds, keys, values, strict=True):
        if kind == FACTS:
            facts.append(msgspec.msgpack.decode(value, type=TaskFacts))
        else:
            outgoing.append(Outgoing(kind, key, value))
    return facts, outgoing
