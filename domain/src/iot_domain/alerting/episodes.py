"""When alerts would have begun and ended: what the state machine says, over whole columns where it can be.

A rule about levels (threshold, battery, detector) judges each reading for itself, and series do not touch each other.
So most rows change nothing, and of an alert that needs no duration only its first and its last step matter.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from iot_contracts.alerts import AlertState, AlertTransition, RuleKind
from iot_domain.alerting.backtest import backtest
from iot_domain.alerting.batch import Batch, Flags, Floats, Integers
from iot_domain.alerting.compiled import CompiledRules, Limits, PlaceRules
from iot_domain.alerting.judging import Row, judge
from iot_domain.alerting.levels import UPDATE_EVERY_US, advance_entry
from iot_domain.alerting.prefilter import FUTURE_US
from iot_domain.alerting.transitions import instant

Rows = NDArray[np.int64]


class Episode(NamedTuple):
    """An alert from its first and its last step: `count` and `peak` are those of the last."""

    opened: AlertTransition
    cleared_at: datetime | None
    count: int
    peak: float


@dataclass(frozen=True)
class Episodes:
    """How many alerts were opened, of which sensors, and the newest of them, newest first."""

    opened: int
    sensors: frozenset[str]
    newest: list[Episode]


def find_episodes(rules: CompiledRules, batch: Batch, most: int) -> Episodes:
    """The alerts of readings that are grouped by series, each series' in offset order; `most` of them in full.

    Only for rules about levels; at most one may watch a place. Raises ValueError otherwise.
    """
    watching = [rules.at(place) for place in batch.places]
    if not all(is_about_levels(one) and len(one.levels) <= 1 for one in watching):
        raise ValueError("a rule needs more of a series than its levels")
    is_watched = np.array([bool(one.levels) for one in watching], np.bool_)
    is_instant = np.array([bool(one.levels) and _is_instant(one.levels[0]) for one in watching], np.bool_)
    moved = _has_moved(batch)[batch.place]
    verdicts = _Verdicts(batch, [one.levels[0] if one.levels else None for one in watching])
    counts = ~moved & is_watched[batch.place] & ~_is_late(batch, ~moved) & verdicts.is_judged
    by_columns = np.flatnonzero(counts & is_instant[batch.place] & (verdicts.met | verdicts.recovered))
    by_rows = np.flatnonzero(moved | (counts & ~is_instant[batch.place] & _may_change(batch, counts, verdicts)))
    parts = [_of_columns(batch, watching, verdicts, by_columns, most)]
    if len(by_rows):
        parts.append(episodes_of(backtest(rules, batch.take(by_rows)), most))
    return Episodes(
        sum(part.opened for part in parts),
        frozenset().union(*(part.sensors for part in parts)),
        _newest((one for part in parts for one in part.newest), most),
    )


def episodes_of(transitions: Sequence[AlertTransition], most: int) -> Episodes:
    """The same of transitions that are there already."""
    opened = [one for one in transitions if one.state is AlertState.OPENED]
    last = {one.alert_id: one for one in transitions}
    found = (_episode(one, last[one.alert_id]) for one in opened)
    return Episodes(len(opened), frozenset(one.sensor_id for one in opened), _newest(found, most))


def is_about_levels(watching: PlaceRules) -> bool:
    """Whether each reading is judged for itself."""
    return not watching.absences and not watching.has_stuck and not np.isfinite(watching.rate)


def _episode(opened: AlertTransition, last: AlertTransition) -> Episode:
    return Episode(opened, last.event_time if last.state is AlertState.CLEARED else None, last.count, last.peak)


def _newest(episodes: Iterable[Episode], most: int) -> list[Episode]:
    by_series = sorted(episodes, key=lambda one: (one.opened.sensor_id, one.opened.sensor_type, one.opened.unit))
    return sorted(by_series, key=lambda one: one.opened.opened_at, reverse=True)[:most]


def _is_instant(limits: Limits) -> bool:
    return limits.for_us == 0 and limits.keep_us == 0 and limits.rule.repeat_count == 1


def _has_moved(batch: Batch) -> Flags:
    """By place: whether its series has others, where other rules may watch."""
    series = [place.series for place in batch.places]
    seen, several = set[str](), set[str]()
    for key in series:
        (several if key in seen else seen).add(key)
    return np.array([key in several for key in series], np.bool_)


def _is_late(batch: Batch, wanted: Flags) -> Flags:
    """Rows of the wanted series, of one place each, that move nothing: late ones, and those from the future."""
    late = batch.event_us > batch.append_us + FUTURE_US
    event_us = np.where(late, np.iinfo(np.int64).min, batch.event_us)
    for start, end in _runs(batch.place):
        if wanted[start]:
            part = event_us[start:end]
            late[start:end] |= batch.event_us[start:end] < np.maximum.accumulate(part)
    return late


def _runs(of_row: NDArray[Any]) -> Iterator[tuple[int, int]]:
    """Begin and end of each run of equal values."""
    starts = np.flatnonzero(np.diff(of_row, prepend=-1))
    return zip(starts.tolist(), [*starts[1:].tolist(), len(of_row)], strict=True) if len(of_row) else iter(())


class _Verdicts:
    """What `judge` says of every row, as columns; tests hold the two together."""

    def __init__(self, batch: Batch, limits: Sequence[Limits | None]) -> None:
        def by_place(name: str) -> Floats:
            return np.array([np.nan if one is None else getattr(one, name) for one in limits], np.float64)[batch.place]

        [kind] = {one.kind for one in limits if one is not None} or {RuleKind.THRESHOLD}
        self.kind = kind
        low, high, dead_band = by_place("low"), by_place("high"), by_place("dead_band")
        self.is_judged: Flags = np.ones(len(batch), np.bool_)
        self.value = batch.values
        match kind:
            case RuleKind.BATTERY:
                self.value = batch.battery
                self.is_judged = ~np.isnan(batch.battery)
                self.met: Flags = self.value < low
                self.recovered: Flags = ~self.met & (self.value >= np.minimum(low + dead_band, 100.0))
            case RuleKind.DETECTOR:
                self.met = np.where(np.isinf(high), batch.anomalous, batch.scores >= high)
                self.recovered = ~self.met
            case _:
                self.met = (self.value > high) | (self.value < low)
                self.recovered = ~self.met & (self.value >= low + dead_band) & (self.value <= high - dead_band)

    def excess(self, batch: Batch, rows: slice | Rows, limits: Limits) -> Floats:
        """How bad rows that meet the condition are."""
        value = self.value[rows]
        match self.kind:
            case RuleKind.BATTERY:
                return limits.low - value
            case RuleKind.DETECTOR:
                return np.where(np.isnan(batch.scores[rows]), -np.inf, batch.scores[rows])
            case _:
                return np.where(value > limits.high, value - limits.high, limits.low - value)


def _may_change(batch: Batch, counts: Flags, verdicts: _Verdicts) -> Flags:
    """Rows that may change an entry: all but those that say again that there is nothing.

    The last of a series may end what fired on.
    """
    rows = np.flatnonzero(counts)
    calm, place = verdicts.recovered[rows], batch.place[rows]
    again = np.zeros(len(rows), np.bool_)
    again[1:] = calm[1:] & calm[:-1] & (place[1:] == place[:-1])
    again[:-1] &= place[1:] == place[:-1]
    again[-1:] = False
    changes = np.zeros(len(batch), np.bool_)
    changes[rows[~again]] = True
    return changes


def _of_columns(batch: Batch, watching: Sequence[PlaceRules], verdicts: _Verdicts, rows: Rows, most: int) -> Episodes:
    """The alerts of rows that meet a condition or have recovered from it, of rules that need no duration."""
    met, place = verdicts.met[rows], batch.place[rows]
    is_first = np.diff(place, prepend=-1) != 0
    before = np.roll(met, 1)
    opens = np.flatnonzero(met & (is_first | ~before))
    ends = np.flatnonzero(is_first | ~met)  # where an alert that lasts until there is over, or out of its series
    event_us = batch.event_us[rows]
    chosen = _chosen(batch, place, event_us, opens, most)
    episodes = []
    for at in chosen.tolist():
        after = int(np.searchsorted(ends, at, side="right"))
        end = int(ends[after]) if after < len(ends) else len(rows)
        is_over = end < len(rows) and not is_first[end]
        one = watching[place[at]].levels[0]
        last = end if is_over else _last_update(event_us, at, end) + 1
        span = rows[at:last]
        worst = span[int(np.argmax(verdicts.excess(batch, span, one)))]
        cleared_at = instant(int(event_us[end])) if is_over else None
        opened = _opened(batch, one, int(rows[at]))
        episodes.append(Episode(opened, cleared_at, len(span), float(verdicts.value[worst])))
    sensors = frozenset(batch.places[one].sensor_id for one in np.unique(place[opens]).tolist())
    return Episodes(len(opens), sensors, episodes)


def _chosen(batch: Batch, place: NDArray[np.int32], event_us: Integers, opens: Rows, most: int) -> Rows:
    """The newest of the openings, newest first."""
    at_us = event_us[opens]
    if len(opens) > most:
        newest = np.partition(at_us, len(opens) - most)[len(opens) - most]
        opens, at_us = opens[at_us >= newest], at_us[at_us >= newest]
    rank = np.empty(len(batch.places), np.int64)
    rank[sorted(range(len(batch.places)), key=lambda one: batch.places[one])] = np.arange(len(batch.places))
    return opens[np.lexsort((opens, rank[place[opens]], -at_us))][:most]


def _last_update(event_us: Integers, at: int, end: int) -> int:
    """The row of the last `updated` of an alert that is open at the end; of none the row that opened it."""
    last, times = at, event_us[at:end]
    while (found := at + int(np.searchsorted(times, event_us[last] + UPDATE_EVERY_US))) < end:
        last = found
    return last


def _opened(batch: Batch, limits: Limits, number: int) -> AlertTransition:
    """What the state machine says when this reading opens an alert."""
    row = Row(
        batch.values.item(number),
        batch.battery.item(number),
        batch.event_us.item(number),
        batch.append_us.item(number),
        0,
        batch.reading_ids[number],
        batch.scores.item(number),
        batch.anomalous.item(number),
        batch.reasons[number] if len(batch.reasons) else None,
        False,
    )
    judged = judge(limits, row, None)
    assert judged is not None  # noqa: S101 - rows that say nothing were left out
    [opened] = advance_entry(None, limits, batch.places[batch.place[number]], row, judged).transitions
    return opened
