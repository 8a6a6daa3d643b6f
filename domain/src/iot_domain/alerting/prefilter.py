"""Finding the few series of a batch whose readings can matter, over whole columns."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iot_domain.alerting.absence import MAX_STEP_US
from iot_domain.alerting.batch import Batch, Flags, Integers
from iot_domain.alerting.compiled import CompiledRules, PlaceRules
from iot_domain.alerting.state import AlertState, Seen

FUTURE_US = 24 * 3600 * 1_000_000
"""A reading this far ahead of the broker's clock moves no alert: all that come after it would be late."""


@dataclass(frozen=True, eq=False, slots=True)
class Rows:
    """A batch's rows by series: `series` the key of each, `of_row` the index of each row's."""

    series: list[str]
    code_of: dict[str, int]
    of_row: NDArray[np.int64]
    place_rules: list[PlaceRules]
    alive_us: Integers
    """The partition's clock at each row."""


def index_rows(state: AlertState, rules: CompiledRules, batch: Batch) -> Rows:
    """Index a batch that is not empty by series, and advance the clock along it."""
    codes: dict[str, int] = {}
    of_place = np.array([codes.setdefault(place.series, len(codes)) for place in batch.places], np.int64)
    before = state.append_us or int(batch.append_us[0])
    steps = np.clip(np.diff(batch.append_us, prepend=before), 0, MAX_STEP_US)
    return Rows(
        series=list(codes),
        code_of=codes,
        of_row=of_place[batch.place],
        place_rules=[rules.at(place) for place in batch.places],
        alive_us=state.alive_us + np.cumsum(steps),
    )


@dataclass(frozen=True, eq=False, slots=True)
class Matters:
    """What of a batch can matter: rows that may meet a condition, and by series how its rows are to be taken."""

    hits: Flags
    jump: Flags
    """Series of which, without a live entry, only the hits matter."""
    walk: Flags
    """Series of which every row matters: by what was before it, or by where it is."""


def what_matters(state: AlertState, batch: Batch, rows: Rows) -> Matters:
    """Which rows and series can matter. Too many is slow, too few would be wrong."""
    hits = _meets_a_level(batch, rows)
    from_the_future = batch.event_us > batch.append_us + FUTURE_US
    jump = np.array([series in state.entries for series in rows.series], np.bool_)
    jump[rows.of_row[hits]] = True
    walk = np.zeros(len(jump), np.bool_)
    walk[rows.of_row[from_the_future]] = True
    history = [place for place, one in zip(batch.places, rows.place_rules, strict=True) if _has_history(one)]
    if history:
        walk[_with_a_history(state, batch, rows)] = True
        walk[[code for place in history if jump[code := rows.code_of[place.series]]]] = True
    several = len(rows.series) < len(batch.places)
    for place in batch.places if several else ():
        walk[rows.code_of[place.series]] = True
    for code, place in () if several else enumerate(batch.places):
        seen = state.seen.get(rows.series[code])
        if seen is not None and seen.location != place.location:
            walk[code] = True
    return Matters(hits, jump & ~walk, walk)


def _has_history(rules: PlaceRules) -> bool:
    return bool(rules.bound_us) or rules.has_stuck or bool(np.isfinite(rules.rate))


def _meets_a_level(batch: Batch, rows: Rows) -> Flags:
    def by_place(name: str) -> NDArray[np.float64]:
        return np.array([getattr(one, name) for one in rows.place_rules], np.float64)

    place, values = batch.place, batch.values
    hits = (values > by_place("high")[place]) | (values < by_place("low")[place])
    below, score = by_place("battery_below"), by_place("min_score")
    if np.isfinite(below).any():
        hits |= batch.battery < below[place]
    if np.isfinite(score).any():
        hits |= batch.scores >= score[place]
    hits |= batch.anomalous & by_place("has_verdict").astype(np.bool_)[place]
    return hits


def _with_a_history(state: AlertState, batch: Batch, rows: Rows) -> NDArray[np.int64]:
    """Series with two readings in a row that changed too fast or not at all, were too far apart or out of order."""
    order = np.argsort(rows.of_row, kind="stable")
    series, places = rows.of_row[order], batch.place[order]
    event, value, alive = batch.event_us[order], batch.values[order], rows.alive_us[order]
    starts = np.flatnonzero(np.diff(series, prepend=-1))
    event_before, value_before, alive_before = np.roll(event, 1), np.roll(value, 1), np.roll(alive, 1)
    for start in starts.tolist():
        seen = state.seen.get(rows.series[series[start]])
        if seen is None:
            # Nothing is before it: a distance of nothing in time, and no value is equal to none.
            event_before[start], value_before[start], alive_before[start] = event[start] - 1, np.nan, alive[start]
        else:
            event_before[start], value_before[start], alive_before[start] = seen.event_us, seen.value, seen.alive_us
    rate = np.array([one.rate for one in rows.place_rules])[places]
    stuck = np.array([one.has_stuck for one in rows.place_rules], np.bool_)[places]
    bound = np.array([one.bound_us or np.iinfo(np.int64).max for one in rows.place_rules], np.int64)[places]
    seconds = (event - event_before) / 1e6
    hits = (
        (np.abs(value - value_before) / np.maximum(seconds, 1e-7) > rate * (1 - 1e-9))
        | (stuck & (value == value_before))
        | ((stuck | np.isfinite(rate)) & (seconds <= 0))
        | (alive - alive_before > bound)
    )
    return np.unique(series[hits])


def newest_of(state: AlertState, batch: Batch, rows: Rows, walk: Flags) -> dict[str, Seen]:
    """What is to be remembered of the series that are not walked: their newest reading by event time."""
    count = len(rows.series)
    newest = np.full(count, np.iinfo(np.int64).min)
    np.maximum.at(newest, rows.of_row, batch.event_us)
    newest_row, last_row = np.full(count, -1), np.full(count, -1)
    at_newest = np.flatnonzero(batch.event_us == newest[rows.of_row])
    newest_row[rows.of_row[at_newest]] = at_newest
    last_row[rows.of_row] = np.arange(len(batch))
    calm = np.flatnonzero(~walk & (last_row >= 0))
    appended, alive = batch.append_us[last_row[calm]].tolist(), rows.alive_us[last_row[calm]].tolist()
    picked = newest_row[calm]
    columns = zip(
        calm.tolist(),
        picked.tolist(),
        last_row[calm].tolist(),
        batch.event_us[picked].tolist(),
        batch.values[picked].tolist(),
        appended,
        alive,
        strict=True,
    )
    seen: dict[str, Seen] = {}
    for code, row, last, event_us, value, append_us, alive_us in columns:
        key = rows.series[code]
        known = state.seen.get(key)
        if known is None or event_us >= known.event_us:
            location = batch.places[batch.place[row]].location
            seen[key] = Seen(event_us, append_us, alive_us, value, 1, str(batch.reading_ids[last]), location)
        else:
            seen[key] = known._replace(append_us=append_us, alive_us=alive_us, reading_id=str(batch.reading_ids[last]))
    return seen
