"""Which part of a question a rollup answers, and which the readings. Pure.

    answer = rollup rows up to R  +  readings in [R, S)  +  tail after S

R: the rollup's committed offsets, S: the table's. A rollup serves whole buckets only; the ragged edges of a range are
readings, of whatever offset.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from query_api.table.data_files import Bounds, Needed, may_hold
from query_api.table.state import ColdSegment, Rollup, TableState
from query_api.view.parts import Parts, RollupParts, Source, parts_of
from query_api.view.view import View

Span = tuple[datetime | None, datetime | None]
"""Event times from the first, inclusive, to the second, exclusive; None is unbounded."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Layer:
    """A rollup, and the whole buckets that it serves."""

    rollup: Rollup
    span: Span


@dataclass(frozen=True)
class Plan:
    """Layers by rollups, widest first; `edges` are spans that readings alone serve."""

    layers: tuple[Layer, ...]
    edges: tuple[Span, ...]


def plan_layers(table: TableState, needed: Needed, bucket_s: int | None = None) -> Plan:
    """Who serves what of the range that is `needed`; with `bucket_s` only rollups of which a bucket is made."""
    layers: list[Layer] = []
    open_spans: list[Span] = [(needed.start, needed.end)]
    for rollup in sorted(table.rollups, key=lambda one: -one.width_s):
        if _is_behind(rollup, table) and (bucket_s is None or bucket_s % rollup.width_s == 0):
            left: list[Span] = []
            for span in open_spans:
                inner = _whole_buckets(span, rollup.width_s)
                if inner is None:
                    left.append(span)
                else:
                    layers.append(Layer(rollup, inner))
                    left += _around(span, inner)
            open_spans = left
    return Plan(tuple(layers), tuple(open_spans))


def layered_parts(view: View, source: Source, plan: Plan, needed: Needed) -> Parts:
    """What a statement over the plan runs over: rollup rows, and of the readings what these do not hold."""
    parts = parts_of(view, source)
    held = min((layer.rollup.state.source_sequence for layer in plan.layers), default=-1)
    added = [segment for segment in parts.cold if _may_add(segment, plan, needed)]
    return replace(
        parts,
        cold=[segment for segment in added if segment.sequence > held],
        settled=[segment for segment in added if segment.sequence <= held],
        rollups=[_rollup_parts(layer, needed) for layer in plan.layers],
    )


def _is_behind(rollup: Rollup, table: TableState) -> bool:
    """Whether the rollup holds nothing that the table lacks; otherwise one of them was made anew."""
    reached, committed = rollup.state.committed_offsets, table.committed_offsets
    return (
        bool(reached)
        and committed is not None
        and all(offset <= committed.get(partition, 0) for partition, offset in (reached or {}).items())
    )


def _whole_buckets(span: Span, width_s: int) -> Span | None:
    width = timedelta(seconds=width_s)
    start = None if span[0] is None else span[0] + (_EPOCH - span[0]) % width
    end = None if span[1] is None else span[1] - (span[1] - _EPOCH) % width
    return None if start is not None and end is not None and start >= end else (start, end)


def _around(span: Span, inner: Span) -> Iterator[Span]:
    """What of `span` lies before and after `inner`."""
    if span[0] != inner[0]:
        yield span[0], inner[0]
    if span[1] != inner[1]:
        yield inner[1], span[1]


def _may_add(segment: ColdSegment, plan: Plan, needed: Needed) -> bool:
    """Whether readings of this segment count beside the rollups."""
    newer = (layer.span for layer in plan.layers if segment.sequence > layer.rollup.state.source_sequence)
    return _may_hold_any(segment.bounds, [*plan.edges, *newer], needed)


def _may_hold_any(bounds: Bounds, spans: Iterable[Span], needed: Needed) -> bool:
    return any(may_hold(bounds, replace(needed, start=start, end=end)) for start, end in spans)


def _rollup_parts(layer: Layer, needed: Needed) -> RollupParts:
    state = layer.rollup.state
    cold: Sequence[ColdSegment] = [
        segment for segment in state.cold if _may_hold_any(segment.bounds, [layer.span], needed)
    ]
    return RollupParts(cold=cold, recent=[segment.table for segment in state.recent])
