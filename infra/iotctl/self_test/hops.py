"""The hops of a reading: what each proves, how long it may take, and who is to blame when it fails. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.markup import escape
from rich.table import Table


@dataclass(frozen=True)
class Hop:
    """One hop. `programs` take part in it, the likeliest culprit first."""

    name: str
    proves: str
    within_s: float
    programs: tuple[str, ...]
    if_all_are_ready: str


ACKNOWLEDGED = Hop(
    "acknowledged",
    "POST answered 202: the reading is in Kafka",
    10,
    ("ingest-api", "kafka"),
    "ingest-api did not take the reading; its log says why (make logs SERVICE=ingest-api)",
)
FRAME = Hop(
    "frame",
    "a WebSocket frame of the dashboard has it",
    10,
    ("dashboard", "kafka"),
    "the dashboard does not keep up with the topic; curl its /metrics for the lag",
)
ANSWER = Hop(
    "answer",
    "GET /v1/readings finds it",
    10,
    ("query-api", "kafka"),
    "query-api's tail lags, or does not join the snapshot: see lag and tail_complete in its /v1/status",
)
TABLE = Hop(
    "table",
    "it is a row of iot.readings",
    60,
    ("stream-processor", "metastore", "namenode", "datanode", "postgres", "query-api"),
    "the stream processor commits nothing: see trouble and last_batch in its /v1/status; make doctor looks for locks",
)
HOPS = (ACKNOWLEDGED, FRAME, ANSWER, TABLE)


@dataclass(frozen=True)
class Passage:
    """How one hop went: seconds since the POST was sent, or why it failed."""

    hop: Hop
    seconds: float | None
    failure: str = ""


def likely_cause(hop: Hop, reasons: Mapping[str, str]) -> str:
    """Say what is probably wrong; `reasons` are those of the programs that are not ready."""
    culprit = next((name for name in hop.programs if name in reasons), None)
    return f"{culprit} is not ready: {reasons[culprit]}" if culprit else hop.if_all_are_ready


def table_of(passages: Sequence[Passage]) -> Table:
    """Return the hops and their times."""
    table = Table(header_style="bold")
    for column in ("hop", "after the POST", "proves"):
        table.add_column(column, justify="right" if column.startswith("after") else "left")
    for passage in passages:
        time = "[red]failed[/]" if passage.seconds is None else f"{passage.seconds * 1000:,.0f} ms"
        table.add_row(passage.hop.name, time, escape(passage.failure) or passage.hop.proves)
    return table
