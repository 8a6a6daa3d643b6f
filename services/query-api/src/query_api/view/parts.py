"""Which parts of a view an answer is made of. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa

from query_api.table.state import ColdSegment
from query_api.view.view import View


@dataclass(frozen=True)
class RollupParts:
    """What there is of one layer of partial figures."""

    cold: Sequence[ColdSegment]
    recent: Sequence[pa.Table]


@dataclass(frozen=True)
class Parts:
    """What a query runs over: local files, tables in memory, the tail, and rollups of a layer each.

    `settled` files are held by all of the rollups as a whole: they add only what no rollup serves.
    """

    cold: Sequence[ColdSegment] = ()
    settled: Sequence[ColdSegment] = ()
    recent: Sequence[pa.Table] = ()
    tail: Sequence[pa.RecordBatch] = ()
    rollups: Sequence[RollupParts] = ()


class Source(StrEnum):
    """Where an answer's readings may come from."""

    ALL = "all"
    TABLE = "table"


def parts_of(view: View, source: Source) -> Parts:
    """All of the view, or its snapshot alone; an incomplete tail is left out."""
    with_tail = source is Source.ALL and view.tail_is_complete
    return Parts(
        cold=view.table.cold,
        recent=[segment.table for segment in view.table.recent],
        tail=view.tail.batches() if with_tail else (),
    )
