"""What every answer says of where it comes from: the snapshot, and how much of it is tail."""

from datetime import datetime

from pydantic import BaseModel, Field

from query_api.table.data_files import Needed
from query_api.view.layers import Plan, layered_parts
from query_api.view.parts import Source
from query_api.view.view import View

_HOUR_S = 3600


class SnapshotAnswer(BaseModel):
    """The snapshot of the table that an answer is made of."""

    id: int = Field(description="Iceberg's snapshot id, a 64-bit number.", examples=[3051729675574597004])
    committed_at: datetime = Field(description="When it was committed.", examples=["2026-03-01T12:00:00Z"])
    offsets: dict[int, int] | None = Field(
        description="Per partition of iot-sensors, the first offset that the snapshot does not hold.",
        examples=[{"0": 1200, "1": 1187, "2": 1240}],
    )


class TailAnswer(BaseModel):
    """The part of an answer that no snapshot has yet."""

    readings: int = Field(description="How many of the answer's readings came from the tail.", examples=[37])
    complete: bool = Field(
        description="False when the tail is left out because it does not join the snapshot without a gap "
        "(the stream processor is too far behind): then the answer is the snapshot alone.",
        examples=[True],
    )


class LayerAnswer(BaseModel):
    """What an answer was computed from: a table, and how much of it was opened."""

    table: str = Field(description="`readings`, or a rollup by minute or hour.", examples=["readings_1h"])
    files: int = Field(description="Local data files that may hold what was asked for.", examples=[31])
    bytes: int = Field(description="Their size.", examples=[1_840_000])
    rows_in_memory: int = Field(description="Rows of small new files and of the tail.", examples=[4200])


def plan_answer(view: View, source: Source, plan: Plan, needed: Needed) -> list[LayerAnswer]:
    """Rollups that served, and the readings that they do not hold."""
    parts = layered_parts(view, source, plan, needed)
    in_memory = sum(table.num_rows for table in (*parts.recent, *parts.tail))
    names = [(f"readings_1{'h' if layer.rollup.width_s >= _HOUR_S else 'm'}") for layer in plan.layers]
    layers = [
        (name, one.cold, sum(table.num_rows for table in one.recent))
        for name, one in zip(names, parts.rollups, strict=True)
    ]
    return [
        LayerAnswer(
            table=name,
            files=len(cold),
            bytes=sum(file.size_bytes for segment in cold for file in segment.files),
            rows_in_memory=rows,
        )
        for name, cold, rows in (*layers, ("readings", [*parts.cold, *parts.settled], in_memory))
    ]


def snapshot_answer(view: View) -> SnapshotAnswer | None:
    """The view's snapshot; None as long as the table has none."""
    snapshot = view.table.snapshot
    if snapshot is None:
        return None
    offsets = view.table.committed_offsets
    return SnapshotAnswer(
        id=snapshot.id,
        committed_at=snapshot.committed_at,
        offsets=None if offsets is None else dict(offsets),
    )


def tail_answer(view: View, source: Source, readings: int) -> TailAnswer:
    """`readings` of the tail are in the answer. An answer that wants the table alone has no tail, completely."""
    return TailAnswer(readings=readings, complete=source is Source.TABLE or view.tail_is_complete)
