"""What every answer says of where it comes from: the snapshot, and how much of it is tail."""

from datetime import datetime

from pydantic import BaseModel, Field

from query_api.view.parts import Source
from query_api.view.view import View


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
