"""The life of alerts: feeds, and the transitions that they make."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iot_contracts.alerts import AlertTransition, ClearReason, Severity
from iot_contracts.rules import (
    DEFAULT_RULES,
    Battery,
    Detector,
    Missing,
    NoData,
    Parameters,
    RateOfChange,
    Rule,
    Selectors,
    Stuck,
    Threshold,
)
from iot_contracts.sensor_types import DEFAULT_SENSOR_TYPES
from iot_contracts.sensors import Sensor
from iot_domain.alerting.backtest import backtest
from iot_domain.alerting.batch import Batch, batch_of
from iot_domain.alerting.compiled import CompiledRules, compile_rules
from iot_domain.alerting.machine import advance, tick
from iot_domain.alerting.state import AlertState, decode, encode

T0 = 1_772_366_400_000_000
CATALOGUE = {entry.name: entry for entry in DEFAULT_SENSOR_TYPES}
NO_DEFAULTS = tuple(
    Rule(rule_id=one.rule_id, version=1, name=one.name, severity=one.severity, parameters=one.parameters, deleted=True)
    for one in DEFAULT_RULES
)


class R(NamedTuple):
    """A reading: seconds of event time, its value; appended `append_s` (without it, at once)."""

    at: float
    value: float
    append_s: float | None = None
    sensor: str = "A"
    battery: float = float("nan")
    score: float = float("nan")
    anomalous: bool = False
    location: str = "Port"


def rule(parameters: Parameters, **more: Any) -> Rule:
    fields = {"rule_id": "r", "version": 1, "name": "r", "severity": Severity.HIGH, **more}
    return Rule(parameters=parameters, **fields)


def compiled(*rules: Rule, sensors: Iterable[Sensor] = ()) -> CompiledRules:
    return compile_rules((*NO_DEFAULTS, *rules), sensors, CATALOGUE)


def batch(readings: Sequence[R], first: int = 0) -> Batch:
    def micro(seconds: Iterable[float]) -> Any:
        return np.array([T0 + round(one * 1e6) for one in seconds], np.int64)

    return batch_of(
        [one.sensor for one in readings],
        ["temperature"] * len(readings),
        ["Celsius"] * len(readings),
        [one.location for one in readings],
        values=np.array([one.value for one in readings], np.float64),
        event_us=micro(one.at for one in readings),
        append_us=micro(one.at if one.append_s is None else one.append_s for one in readings),
        reading_ids=[UUID(int=first + number) for number in range(len(readings))],
        battery=np.array([one.battery for one in readings], np.float64),
        scores=np.array([one.score for one in readings], np.float64),
        anomalous=np.array([one.anomalous for one in readings], np.bool_),
    )


def run(
    rules: CompiledRules, readings: Sequence[R], cuts: Iterable[int] = (), state: AlertState | None = None
) -> tuple[AlertState, list[AlertTransition]]:
    """Advance by a feed that is cut into batches; between two of them the state is bytes."""
    state, found = state or AlertState(), list[AlertTransition]()
    edges = [0, *sorted(cuts), len(readings)]
    for start, end in pairwise(edges):
        state, news = advance(state, rules, batch(readings[start:end], start))
        state = decode(encode(state))
        found.extend(news)
    return state, found


def story(transitions: Iterable[AlertTransition]) -> list[str]:
    """Each transition as `state@seconds ×count`."""
    return [f"{one.state}@{one.event_time.timestamp() - T0 / 1e6:g} ×{one.count}" for one in transitions]


ABOVE_30 = Threshold(above=30.0, dead_band=0.5)
MINUTE = 60


def feed(*values: float, every: float = 1.0, start: float = 0.0) -> list[R]:
    return [R(start + number * every, value) for number, value in enumerate(values)]


HOVER = feed(*[30.1 if number % 2 else 29.9 for number in range(601)])
STEADY = feed(*[31.0] * 121, every=60)

TABLE: dict[str, tuple[Parameters, dict[str, Any], list[R], list[str]]] = {
    "calm": (ABOVE_30, {}, feed(20, 21, 22), []),
    "opened and cleared": (ABOVE_30, {}, feed(20, 31, 32, 29), ["opened@1 ×1", "cleared@3 ×2"]),
    "below a limit": (Threshold(below=0.0), {}, feed(1, -1, 1), ["opened@1 ×1", "cleared@2 ×1"]),
    "hover of 10 minutes": (
        ABOVE_30,
        {},
        HOVER,
        ["opened@1 ×1", *(f"updated@{1 + 60 * n} ×{1 + 30 * n}" for n in range(1, 10))],
    ),
    "flap without dead band": (
        Threshold(above=30.0),
        {},
        feed(31, 29, 31, 29),
        ["opened@0 ×1", "cleared@1 ×1", "opened@2 ×1", "cleared@3 ×1"],
    ),
    "flap with keep-firing": (
        Threshold(above=30.0),
        {"keep_firing_s": 5},
        feed(31, 29, 31, 29, 29, 29, 29, 29, 29, 29),
        ["opened@0 ×1", "cleared@8 ×2"],
    ),
    "keep-firing that ended in a silence": (
        Threshold(above=30.0),
        {"keep_firing_s": 5},
        [R(0, 31), R(1, 29), R(100, 31)],
        ["opened@0 ×1", "cleared@6 ×1", "opened@100 ×1"],
    ),
    "a minimum duration": (ABOVE_30, {"for_s": 3}, feed(31, 31, 31, 31, 31), ["opened@3 ×4"]),
    "a duration that is interrupted": (ABOVE_30, {"for_s": 3}, feed(31, 31, 31, 29.8, 31, 31), []),
    "a duration of which a silence is the most": (
        ABOVE_30,
        {"for_s": 600},
        [R(0, 31), R(3600, 31), R(7200, 31)],
        [],
    ),
    "two hours at once": (
        ABOVE_30,
        {"for_s": 600},
        [one._replace(append_s=7300) for one in feed(*[31.0] * 8, every=60) + feed(20.0, start=480)],
        [],
    ),
    "two hours at once, with ten minutes in them": (
        ABOVE_30,
        {"for_s": 600},
        [one._replace(append_s=7300) for one in feed(*[31.0] * 12, every=60) + feed(20.0, start=720)],
        ["opened@600 ×11", "updated@660 ×12", "cleared@720 ×12"],
    ),
    "a repeat count": (ABOVE_30, {"repeat_count": 3}, feed(31, 31, 29, 31, 31, 31), ["opened@5 ×3"]),
    "late readings change nothing": (
        ABOVE_30,
        {},
        [R(10, 20), R(5, 31), R(11, 31), R(8, 20), R(12, 20)],
        ["opened@11 ×1", "cleared@12 ×1"],
    ),
    "a reading from the future": (
        ABOVE_30,
        {},
        [R(10 * 86_400, 31, 0), R(1, 31), R(2, 20)],
        ["opened@1 ×1", "cleared@2 ×1"],
    ),
    "rate of change": (
        RateOfChange(change_per_s=2.0),
        {},
        feed(20, 21, 25, 26),
        ["opened@2 ×1", "cleared@3 ×1"],
    ),
    "stuck": (Stuck(for_readings=3), {}, feed(1, 2, 2, 2, 2, 3), ["opened@3 ×1", "cleared@5 ×2"]),
    "battery": (
        Battery(below=15.0),
        {},
        [R(0, 1, battery=16), R(1, 1, battery=14.9), R(2, 1), R(3, 1, battery=16), R(4, 1, battery=17.5)],
        ["opened@1 ×1", "cleared@4 ×1"],
    ),
    "detector's score": (
        Detector(min_score=0.8),
        {},
        [R(0, 1, score=0.7), R(1, 1, score=0.9), R(2, 1, score=0.1)],
        ["opened@1 ×1", "cleared@2 ×1"],
    ),
    "detector's verdict": (
        Detector(),
        {},
        [R(0, 1), R(1, 1, anomalous=True), R(2, 1)],
        ["opened@1 ×1", "cleared@2 ×1"],
    ),
}


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("cut", ["at once", "one by one"])
def test_a_feed_makes_these_transitions(name: str, cut: str) -> None:
    parameters, more, readings, expected = TABLE[name]
    rules = compiled(rule(parameters, **more))
    _, transitions = run(rules, readings, () if cut == "at once" else range(1, len(readings)))
    assert story(transitions) == expected
    assert transitions == backtest(rules, batch(readings))


def test_one_alert_keeps_its_id_and_counts_its_transitions() -> None:
    _, transitions = run(compiled(rule(ABOVE_30)), STEADY + feed(20, start=7260))
    assert len({one.alert_id for one in transitions}) == 1
    assert [one.sequence for one in transitions] == list(range(122))
    assert transitions[-1].opened_at == transitions[0].event_time


def test_the_worst_value_is_its_peak() -> None:
    _, transitions = run(compiled(rule(ABOVE_30)), feed(31, 35, 32, 20))
    assert (transitions[-1].peak, transitions[-1].value, transitions[-1].limit) == (35.0, 20.0, 30.0)


def test_late_readings_that_would_have_changed_a_decision_are_counted() -> None:
    readings = [R(10, 20), R(5, 31), R(11, 31), R(8, 20), R(12, 31), R(11.5, 20), R(11.6, 31)]
    state, _ = run(compiled(rule(ABOVE_30)), readings)
    assert state.late == 2


def test_a_shuffled_feed_alerts_no_more_often_than_one_in_order() -> None:
    in_order = feed(*[20.0, 20.0, 31.0, 31.0, 20.0] * 20)
    shuffled = [in_order[(7 * number) % 100] for number in range(100)]
    rules = compiled(rule(ABOVE_30))
    opened = [sum(one.sequence == 0 for one in run(rules, readings)[1]) for readings in (in_order, shuffled)]
    assert opened[1] <= opened[0] == 20


def test_a_changed_rule_goes_on_with_its_alert_and_names_its_version() -> None:
    first, second = rule(ABOVE_30), rule(Threshold(above=25.0), version=2)
    state, opened = run(compiled(first), feed(31))
    _, after = run(compiled(first, second), feed(27, 20, start=1), state=state)
    assert [(one.rule_version, one.state.value) for one in opened + after] == [(1, "opened"), (2, "cleared")]
    assert opened[0].alert_id == after[0].alert_id


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"deleted": True}, ClearReason.RULE_DELETED),
        ({"enabled": False}, ClearReason.RULE_DELETED),
        ({"selectors": Selectors(location="Elsewhere")}, ClearReason.NOT_APPLICABLE),
    ],
)
def test_an_alert_is_cleared_when_its_rule_applies_no_longer(change: dict[str, Any], reason: ClearReason) -> None:
    state, _ = run(compiled(rule(ABOVE_30)), feed(20, 31, 31))
    state, transitions = advance(state, compiled(rule(ABOVE_30, version=2, **change)), batch([]))
    assert story(transitions) == ["cleared@2 ×2"]
    assert (transitions[0].clear_reason, transitions[0].rule_version) == (reason, 2)
    assert state.entries == {}


def test_an_alert_by_a_rule_that_was_lost_stops_nothing() -> None:
    state, _ = run(compiled(rule(ABOVE_30)), feed(31))
    state, transitions = run(compiled(), feed(20, start=1), state=state)
    assert (state.entries, transitions) == ({}, [])


def test_an_alert_is_cleared_when_its_sensor_moves_out_of_the_rule() -> None:
    _, transitions = run(
        compiled(rule(ABOVE_30, selectors=Selectors(location="Port"))), [R(0, 31), R(1, 31, location="Centre")]
    )
    assert [one.clear_reason for one in transitions] == [None, ClearReason.NOT_APPLICABLE]


def test_a_sensor_that_went_silent_leaves_its_alert_open() -> None:
    readings = [R(0, 31), *(R(number, 20, sensor="B") for number in range(1, 100))]
    state, transitions = run(compiled(rule(ABOVE_30)), readings)
    assert story(transitions) == ["opened@0 ×1"]
    assert len(state.entries) == 1


NO_DATA = compiled(rule(NoData(after_s=10)))


def test_a_silent_sensor_is_reported_by_the_messages_of_others() -> None:
    readings = [R(0, 20), *(R(number, 20, sensor="B") for number in range(30)), R(30, 20)]
    _, transitions = run(NO_DATA, sorted(readings))
    assert story(transitions) == ["opened@10 ×1", "cleared@30 ×1"]


def test_the_moment_of_a_tick_changes_nothing() -> None:
    state, _ = run(NO_DATA, feed(20))
    told = {tuple(story(tick(state, NO_DATA, state.append_us + s * 1_000_000)[1])) for s in (11, 12, 500)}
    assert told == {("opened@10 ×1",)}
    assert tick(state, NO_DATA, state.append_us + 9_000_000)[1] == []
    again = tick(tick(state, NO_DATA, state.append_us + 11_000_000)[0], NO_DATA, state.append_us + 99_000_000)
    assert again[1] == []


def test_a_backlog_after_an_outage_reports_nobody_missing() -> None:
    """For 10 minutes nothing reaches the broker; then all that was measured meanwhile arrives, sensor by sensor."""
    rules = compiled(rule(NoData(after_s=90)))
    before = [R(0, 20, sensor=name) for name in "ABC"]
    backlog = [R(number, 20, 600 + number / 1000, sensor=name) for name in "ABC" for number in range(1, 600, 10)]
    assert run(rules, before + backlog)[1] == []


def test_missing_counts_the_sensors_own_intervals() -> None:
    rules = compiled(rule(Missing(after_intervals=5)), sensors=[Sensor(sensor_id="A", expected_interval_s=2)])
    readings = sorted([R(0, 20), *(R(number, 20, sensor="B") for number in range(1, 30)), R(29.5, 20)])
    assert story(run(rules, readings)[1]) == ["opened@10 ×1", "cleared@29.5 ×1"]


def test_a_sensors_own_thresholds_are_its_range() -> None:
    rules = compiled(rule(Threshold()), sensors=[Sensor(sensor_id="A", low=2, high=8)])
    assert [one.sensor_id for one in run(rules, [R(0, 9), R(0, 9, sensor="B")])[1]] == ["A"]


values = st.sampled_from([20.0, 29.7, 29.9, 30.1, 31.0, 40.0])
reading = st.builds(
    R,
    at=st.integers(0, 60),
    value=values,
    sensor=st.sampled_from("ABC"),
    battery=st.sampled_from([float("nan"), 14.0, 16.0, 50.0]),
    score=st.sampled_from([float("nan"), 0.2, 0.9]),
    anomalous=st.booleans(),
    location=st.sampled_from(["Port", "Centre"]),
)
SENSORS = [Sensor(sensor_id="A", expected_interval_s=1), Sensor(sensor_id="B", high=29.8)]
MANY = compiled(
    rule(ABOVE_30, rule_id="plain"),
    rule(ABOVE_30, rule_id="for", for_s=3, keep_firing_s=2),
    rule(ABOVE_30, rule_id="repeat", repeat_count=2),
    rule(Threshold(), rule_id="own", selectors=Selectors(location="Port")),
    rule(RateOfChange(change_per_s=5), rule_id="rate"),
    rule(Stuck(for_readings=2), rule_id="stuck"),
    rule(Battery(below=15), rule_id="battery"),
    rule(Detector(min_score=0.5), rule_id="score"),
    rule(Detector(), rule_id="verdict"),
    rule(NoData(after_s=7), rule_id="silent"),
    rule(NoData(after_s=5), rule_id="silent-in-port", selectors=Selectors(location="Port")),
    rule(Missing(after_intervals=4), rule_id="missing"),
    sensors=SENSORS,
)


@settings(max_examples=150, deadline=None)
@given(
    readings=st.lists(reading, max_size=40),
    cuts=st.lists(st.integers(0, 40), max_size=5),
    one=st.integers(0, len(MANY.rules)),
)
def test_any_split_of_a_feed_gives_the_same_transitions(readings: list[R], cuts: list[int], one: int) -> None:
    appended = [each._replace(append_s=number * 1.5) for number, each in enumerate(readings)]
    rules = [MANY, *(compiled(each, sensors=SENSORS) for each in MANY.rules.values())][one]
    whole_state, whole = run(rules, appended)
    parts_state, parts = run(rules, appended, [cut for cut in cuts if cut <= len(appended)])
    assert sorted(parts, key=identity) == sorted(whole, key=identity)
    assert len({identity(each) for each in whole}) == len(whole)
    assert (parts_state.seen, parts_state.entries, parts_state.late) == (
        whole_state.seen,
        whole_state.entries,
        whole_state.late,
    )


def identity(transition: AlertTransition) -> tuple[str, int]:
    return transition.alert_id, transition.sequence


def test_a_state_survives_its_bytes() -> None:
    state, _ = run(MANY, [R(0, 31), R(1, 31, sensor="B")])
    assert decode(encode(state)) == state
    assert decode(encode(AlertState())) == AlertState()
