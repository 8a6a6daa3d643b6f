"""The state machine: readings of one partition in, transitions out. Pure; any split of a feed gives the same ones."""

from dataclasses import dataclass, field

import msgspec
import numpy as np

from iot_contracts.alerts import AlertState as Step
from iot_contracts.alerts import AlertTransition, ClearReason, RuleKind
from iot_domain.alerting.absence import end_absence, is_absent, open_absence
from iot_domain.alerting.batch import Batch, Flags, Place
from iot_domain.alerting.compiled import CompiledRules, Limits, PlaceRules
from iot_domain.alerting.judging import Row, judge, repeats_of
from iot_domain.alerting.levels import advance_entry, would_change
from iot_domain.alerting.prefilter import FUTURE_US, Matters, Rows, index_rows, newest_of, what_matters
from iot_domain.alerting.state import AlertState, Entry, Seen
from iot_domain.alerting.transitions import cleared_sentence, kind_of, transition

SCAN_EVERY_US = 3600 * 1_000_000
"""At the latest after this time the state is searched for what is absent, and for what may be forgotten."""
FORGET_US = 30 * 86_400 * 1_000_000
"""A series of which the broker has had nothing for so long, and that has no alert, is forgotten."""
_HISTORY = (RuleKind.RATE_OF_CHANGE, RuleKind.STUCK)


def advance(state: AlertState, rules: CompiledRules, batch: Batch) -> tuple[AlertState, list[AlertTransition]]:
    """Advance by readings in offset order. Returns the next state and the transitions; `state` stays as it is.

    A reading that is older than the newest of its series, or a day ahead of the broker, moves nothing; if it would have
    changed a decision it is counted in `late`.
    """
    work = _Work(rules, state)
    work.apply_rules()
    if len(batch):
        rows = index_rows(state, rules, batch)
        matters = what_matters(state, batch, rows)
        work.jump(batch, rows, matters)
        work.walk(batch, rows, matters.walk)
        work.seen.update(newest_of(state, batch, rows, matters.walk))
        work.row = len(batch)
        work.append_us = max(state.append_us, int(batch.append_us[-1]))
        work.alive_us = int(rows.alive_us[-1])
        work.scan()
    return work.result(), work.in_order()


def tick(state: AlertState, rules: CompiledRules, now_append_us: int) -> tuple[AlertState, list[AlertTransition]]:
    """Look for what is absent at the broker's time `now_append_us`, in a partition that was read up to that time.

    What is found says the same at any later moment. The caller makes sure that the broker, and what writes to it,
    was there; otherwise a pause of theirs is everybody's.
    """
    work = _Work(rules, state)
    work.apply_rules()
    if state.append_us:
        work.alive_us += max(0, now_append_us - state.append_us)
        work.append_us = max(state.append_us, now_append_us)
        work.scan()
    return work.result(), work.in_order()


@dataclass
class _Work:
    """One advance: what is changed is copied first."""

    rules: CompiledRules
    before: AlertState
    row: int = -1
    """Which row is taken: transitions are told in the order of the rows that caused them."""
    found: list[tuple[int, AlertTransition]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.seen = dict(self.before.seen)
        self.entries = dict(self.before.entries)
        self.append_us, self.alive_us = self.before.append_us, self.before.alive_us
        self.next_scan_us, self.late = self.before.next_scan_us, self.before.late
        self._own: set[str] = set()

    def emit(self, *transitions: AlertTransition) -> None:
        """Note transitions of the row that is taken."""
        self.found.extend((self.row, one) for one in transitions)

    def in_order(self) -> list[AlertTransition]:
        """Every transition, in the order of the rows."""
        return [one for _, one in sorted(self.found, key=lambda pair: pair[0])]

    def result(self) -> AlertState:
        """The next state."""
        return AlertState(
            seen=self.seen,
            entries={key: found for key, found in self.entries.items() if found},
            append_us=self.append_us,
            alive_us=self.alive_us,
            next_scan_us=self.next_scan_us,
            rules=self.rules.fingerprint,
            late=self.late,
        )

    def of(self, series: str) -> dict[str, Entry]:
        """The series' entries, to be changed: copies of those before."""
        if series not in self._own:
            self._own.add(series)
            self.entries[series] = {
                rule_id: msgspec.structs.replace(entry) for rule_id, entry in self.entries.get(series, {}).items()
            }
        return self.entries[series]

    def apply_rules(self) -> None:
        """End what a change of the rules or of the registry has ended."""
        if self.before.rules == self.rules.fingerprint:
            return
        self.next_scan_us = 0
        for series, found in self.before.entries.items():
            for rule_id, entry in found.items():
                place = _place(series, entry.location)
                if not _watches(self.rules.at(place), rule_id):
                    self.withdraw(series, rule_id, place)

    def withdraw(self, series: str, rule_id: str, place: Place) -> None:
        """Drop an entry whose rule watches its series no longer; an open alert is cleared as of its last reading."""
        entry = self.of(series).pop(rule_id)
        rule = self.rules.known.get(rule_id)
        # A rule that nobody knows any more was on a topic that is lost; of that no transition can be told.
        if rule is None or not entry.is_open:
            return
        in_force = rule_id in self.rules.rules
        reason = ClearReason.NOT_APPLICABLE if in_force else ClearReason.RULE_DELETED
        self.emit(
            transition(
                Step.CLEARED,
                entry,
                place,
                rule,
                event_us=max(entry.last_us, entry.noted_us),
                append_us=entry.last_append_us,
                message=cleared_sentence(kind_of(rule), place, None, reason),
                reason=reason,
            )
        )

    def jump(self, batch: Batch, rows: Rows, matters: Matters) -> None:
        """Take series whose rows matter only if they may meet a condition, or while an alert lives."""
        picked = np.flatnonzero(matters.jump[rows.of_row])
        picked = picked[np.argsort(rows.of_row[picked], kind="stable")]
        starts = np.flatnonzero(np.diff(rows.of_row[picked], prepend=-1))
        for numbers in np.split(picked, starts[1:]) if len(picked) else ():
            key = rows.series[rows.of_row[numbers[0]]]
            place = int(batch.place[numbers[0]])
            levels = rows.place_rules[place].levels
            event_us, seen = batch.event_us[numbers], self.before.seen.get(key)
            newest_us = np.maximum.accumulate(event_us if seen is None else np.maximum(event_us, seen.event_us))
            hits = np.flatnonzero(matters.hits[numbers])
            at = 0
            while at < len(numbers):
                if not self.entries.get(key):
                    ahead = int(np.searchsorted(hits, at))
                    if ahead == len(hits):
                        break
                    at = int(hits[ahead])
                self.row = int(numbers[at])
                row = _row(batch, rows, self.row, is_late=bool(event_us[at] < newest_us[at]))
                for limits in levels:
                    self.judge(key, batch.places[place], limits, None, row)
                at += 1

    def walk(self, batch: Batch, rows: Rows, walk: Flags) -> None:
        """Take every row of some series, one by one."""
        for number in np.flatnonzero(walk[rows.of_row]).tolist():
            key = rows.series[rows.of_row.item(number)]
            seen, place = self.seen.get(key), batch.place.item(number)
            event_us = batch.event_us.item(number)
            ahead = event_us > batch.append_us.item(number) + FUTURE_US
            self.row = number
            row = _row(batch, rows, number, is_late=ahead or (seen is not None and event_us < seen.event_us))
            self.accept(key, batch.places[place], rows.place_rules[place], seen, row)

    def accept(self, key: str, place: Place, watching: PlaceRules, seen: Seen | None, row: Row) -> None:
        """Advance a series by one reading."""
        if seen is not None and seen.location != place.location:
            self.leave(key, place._replace(location=seen.location), seen, row)
        live = self.entries.get(key)
        if live and (gone := [rule_id for rule_id in live if not _watches(watching, rule_id)]):
            for rule_id in gone:
                self.withdraw(key, rule_id, place)
        for limits in watching.absences:
            self.return_of(key, place, limits, seen, row)
        for limits in watching.levels:
            self.judge(key, place, limits, seen, row)
        if not row.is_late:
            repeats = repeats_of(row, seen) if watching.has_stuck else 1
            self.seen[key] = Seen(
                row.event_us, row.append_us, row.alive_us, row.value, repeats, str(row.reading_id), place.location
            )
        elif seen is not None:
            self.seen[key] = seen._replace(
                append_us=row.append_us, alive_us=row.alive_us, reading_id=str(row.reading_id)
            )

    def leave(self, key: str, place: Place, seen: Seen, row: Row) -> None:
        """A sensor that has moved may have been absent where it was, by rules of that place."""
        live = self.entries.get(key, {})
        for limits in self.rules.at(place).absences:
            if limits.rule.rule_id not in live and is_absent(seen, limits, row.alive_us):
                entry, opened = open_absence(seen, limits, place)
                self.of(key)[limits.rule.rule_id] = entry
                self.emit(opened)

    def judge(self, key: str, place: Place, limits: Limits, seen: Seen | None, row: Row) -> None:
        """Advance one rule's entry."""
        if row.is_late and limits.kind in _HISTORY:
            return
        judged = judge(limits, row, seen)
        if judged is None:
            return
        rule_id = limits.rule.rule_id
        entry = self.entries.get(key, {}).get(rule_id)
        if row.is_late:
            self.late += would_change(entry, row, judged.verdict)
            return
        if entry is None and judged.verdict.value <= 0:
            return
        own = self.of(key)
        after, news = advance_entry(own.pop(rule_id, None), limits, place, row, judged)
        if after is not None:
            own[rule_id] = after
        self.emit(*news)

    def return_of(self, key: str, place: Place, limits: Limits, seen: Seen | None, row: Row) -> None:
        """A series that was absent until this reading was so, whether or not anybody had noticed."""
        rule_id = limits.rule.rule_id
        entry = self.of(key).pop(rule_id, None) if rule_id in self.entries.get(key, {}) else None
        if entry is None and seen is not None and is_absent(seen, limits, row.alive_us):
            entry, opened = open_absence(seen, limits, place._replace(location=seen.location))
            self.emit(opened)
        if entry is not None:
            event_us = row.event_us if not row.is_late else entry.opened_us
            self.emit(end_absence(entry, limits, place, event_us, row.append_us))

    def scan(self) -> None:
        """Open alerts about what is absent by now, and forget what was long ago."""
        if self.alive_us < self.next_scan_us:
            return
        deadline = self.alive_us + min(SCAN_EVERY_US, (self.rules.shortest_bound_us or SCAN_EVERY_US) + 1)
        forgotten = []
        for key, seen in self.seen.items():
            live = self.entries.get(key)
            if not live and self.append_us - seen.append_us > FORGET_US:
                forgotten.append(key)
                continue
            place = _place(key, seen.location)
            for limits in self.rules.at(place).absences:
                if live and limits.rule.rule_id in live:
                    continue
                if is_absent(seen, limits, self.alive_us):
                    entry, opened = open_absence(seen, limits, place)
                    self.of(key)[limits.rule.rule_id] = entry
                    self.emit(opened)
                else:
                    deadline = min(deadline, seen.alive_us + limits.bound_us + 1)
        for key in forgotten:
            del self.seen[key]
        self.next_scan_us = deadline


def _place(series: str, location: str) -> Place:
    sensor_id, sensor_type, unit = series.split("\n", 2)
    return Place(sensor_id, sensor_type, unit, location)


def _watches(watching: PlaceRules, rule_id: str) -> bool:
    return any(one.rule.rule_id == rule_id for one in (*watching.levels, *watching.absences))


def _row(batch: Batch, rows: Rows, number: int, *, is_late: bool) -> Row:
    return Row(
        batch.values.item(number),
        batch.battery.item(number),
        batch.event_us.item(number),
        batch.append_us.item(number),
        rows.alive_us.item(number),
        batch.reading_ids[number],
        batch.scores.item(number),
        batch.anomalous.item(number),
        batch.reasons[number] if len(batch.reasons) else None,
        is_late,
    )
