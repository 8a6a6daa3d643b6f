"""When alerts would have begun and ended: what the state machine says, over whole columns where it can be.

A rule about levels (threshold, battery, detector) judges each reading for itself, and series do not touch each other.
So most rows change nothing, and of an alert that needs no duration only its first and its last step matter.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

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


@dataclass(frozen=True)
class Episode:
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


def find_episodes(rules: CompiledRules, series: Iterable[Batch], most: int) -> Episodes:
    """The alerts of one series after the other, each in offset order; `most` of them in full.

    Only for rules about levels; at most one may watch a place. Raises ValueError otherwise.
    """
    found = Episodes(0, frozenset(), [])
    for batch in series:
        # Older ones than those that are there already are only counted.
        since_us = _microseconds(found.newest[-1].opened.opened_at) if len(found.newest) >= most else None
        one = _of_series(rules, batch, since_us, most)
        found = Episodes(
            found.opened + one.opened,
            found.sensors | one.sensors,
            _newest((*found.newest, *one.newest), most) if one.newest else found.newest,
        )
    return found


def _of_series(rules: CompiledRules, batch: Batch, since_us: int | None, most: int) -> Episodes:
    places = [batch.places[one] for one in np.unique(batch.place).tolist()]
    watching = [rules.at(place) for place in places]
    if not all(is_about_levels(one) and len(one.levels) <= 1 for one in watching):
        raise ValueError("a rule needs more of a series than its levels")
    if len(places) > 1:
        # The sensor has moved, and other rules may watch where it is.
        return episodes_of(backtest(rules, batch), most)
    if not watching or not watching[0].levels:
        return Episodes(0, frozenset(), [])
    [limits] = watching[0].levels
    verdicts = Verdicts.of(batch, limits)
    counts = ~_is_late(batch) & verdicts.is_judged
    if not _is_instant(limits):
        rows = np.flatnonzero(counts)
        return episodes_of(backtest(rules, batch.take(rows[_may_change(verdicts.recovered[rows])])), most)
    rows = np.flatnonzero(counts & (verdicts.met | verdicts.recovered))
    return _of_columns(batch, limits, verdicts, rows, since_us, most)


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


def _is_late(batch: Batch) -> Flags:
    """Rows that move nothing: late ones, and those from the future."""
    ahead: Flags = batch.event_us > batch.append_us + FUTURE_US
    event_us = np.where(ahead, np.iinfo(np.int64).min, batch.event_us) if ahead.any() else batch.event_us
    late: Flags = ahead | (batch.event_us < np.maximum.accumulate(event_us))
    return late


def _may_change(calm: Flags) -> Rows:
    """Rows that may change an entry: all but those that say again that there is nothing.

    The last of all may end what fired on.
    """
    changes = ~calm
    changes[1:] |= ~calm[:-1]
    changes[:1] = changes[-1:] = True
    return np.flatnonzero(changes)


@dataclass(frozen=True)
class Verdicts:
    """What `judge` says of every row of a series, as columns; a test holds the two together."""

    value: Floats
    """What is judged."""
    is_judged: Flags
    met: Flags
    recovered: Flags
    excess: Callable[[Rows], Floats]
    """How bad rows that meet the condition are."""

    @classmethod
    def of(cls, batch: Batch, limits: Limits) -> Self:
        """The verdicts of one rule."""
        low, high, band = limits.low, limits.high, limits.dead_band
        judged = np.ones(len(batch), np.bool_)
        values, battery, scores = batch.values, batch.battery, batch.scores
        match limits.kind:
            case RuleKind.BATTERY:
                met = battery < low
                recovered = battery >= min(low + band, 100.0)
                return cls(battery, ~np.isnan(battery), met, ~met & recovered, lambda rows: low - battery[rows])
            case RuleKind.DETECTOR:
                met = batch.anomalous if math.isinf(high) else scores >= high
                return cls(
                    values, judged, met, ~met, lambda rows: np.where(np.isnan(scores[rows]), -np.inf, scores[rows])
                )
            case _:
                met = (values > high) | (values < low)
                recovered = (values >= low + band) & (values <= high - band)

                def excess(rows: Rows) -> Floats:
                    return np.where(values[rows] > high, values[rows] - high, low - values[rows])

                return cls(values, judged, met, ~met & recovered, excess)


def _of_columns(
    batch: Batch, limits: Limits, verdicts: Verdicts, rows: Rows, since_us: int | None, most: int
) -> Episodes:
    """The alerts of rows that meet a condition or have recovered from it, of a rule that needs no duration."""
    met, event_us = verdicts.met[rows], batch.event_us[rows]
    opens = np.flatnonzero(met & ~np.concatenate(([False], met[:-1])))
    if not len(opens):
        return Episodes(0, frozenset(), [])
    ends = np.flatnonzero(~met)
    # Rows that are not late are in order.
    newest = opens[-most:] if since_us is None else opens[np.searchsorted(event_us[opens], since_us) :][-most:]
    episodes = []
    for at in newest[::-1].tolist():
        after = int(np.searchsorted(ends, at))
        end = int(ends[after]) if after < len(ends) else None
        last = _last_update(event_us, at) + 1 if end is None else end
        span = rows[at:last]
        worst = span[int(np.argmax(verdicts.excess(span)))]
        cleared_at = None if end is None else instant(int(event_us[end]))
        opened = _opened(batch, limits, int(rows[at]))
        episodes.append(Episode(opened, cleared_at, len(span), float(verdicts.value[worst])))
    return Episodes(len(opens), frozenset({_sensor(batch)}), episodes)


def _sensor(batch: Batch) -> str:
    return batch.places[int(batch.place[0])].sensor_id


def _last_update(event_us: Integers, at: int) -> int:
    """The row of the last `updated` of an alert that lasts until the end; without one the row that opened it."""
    last = at
    while (found := int(np.searchsorted(event_us, event_us[last] + UPDATE_EVERY_US))) < len(event_us):
        last = found
    return last


def _microseconds(time: datetime) -> int:
    return (time - instant(0)) // timedelta(microseconds=1)


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
