"""Alerts of history by columns are those that the state machine makes row by row."""

from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iot_contracts.alerts import Severity
from iot_contracts.rules import DEFAULT_RULES, Battery, Detector, Parameters, Rule, Stuck, Threshold
from iot_contracts.sensor_types import DEFAULT_SENSOR_TYPES
from iot_domain.alerting.backtest import backtest
from iot_domain.alerting.batch import Batch, batch_of
from iot_domain.alerting.compiled import CompiledRules, compile_rules
from iot_domain.alerting.episodes import episodes_of, find_episodes

T0 = 1_772_366_400_000_000
CATALOGUE = {entry.name: entry for entry in DEFAULT_SENSOR_TYPES}
NO_DEFAULTS = tuple(
    Rule(rule_id=one.rule_id, version=1, name=one.name, severity=one.severity, parameters=one.parameters, deleted=True)
    for one in DEFAULT_RULES
)
KINDS: tuple[Parameters, ...] = (
    Threshold(above=3.0, below=-3.0, dead_band=1.0),
    Threshold(above=2.0),
    Battery(below=30.0),
    Detector(),
    Detector(min_score=0.5),
)
NAN = float("nan")
reading = st.tuples(
    st.sampled_from("ABC"),
    st.sampled_from(["Port", "Port", "Port", "Port", "Centre"]),
    st.integers(-4, 4),
    st.sampled_from([-7, 0, 1, 30, 61, 200_000]),
    st.sampled_from([NAN, 10.0, 29.0, 31.0, 33.0]),
    st.sampled_from([NAN, 0.1, 0.5, 0.9]),
)


def compiled(parameters: Parameters, **more: Any) -> CompiledRules:
    fields = {"rule_id": "r", "version": 1, "name": "r", "severity": Severity.HIGH, **more}
    return compile_rules((*NO_DEFAULTS, Rule(parameters=parameters, **fields)), (), CATALOGUE)


def batch_from(feed: list[tuple[Any, ...]], moving: bool) -> Batch:
    """Event time goes on by the reading's step, or comes late; a step of days is one from the future, once."""
    event_s = np.cumsum([one[3] if abs(one[3]) < 1000 else 0 for one in feed])
    ahead = np.array([one[3] if one[3] > 1000 else 0 for one in feed])
    return batch_of(
        [one[0] for one in feed],
        ["temperature"] * len(feed),
        ["Celsius"] * len(feed),
        [one[1] if moving else "Port" for one in feed],
        values=np.array([one[2] for one in feed], np.float64),
        event_us=T0 + (event_s + ahead).astype(np.int64) * 1_000_000,
        append_us=T0 + np.arange(len(feed), dtype=np.int64) * 1_000_000,
        reading_ids=[UUID(int=number) for number in range(len(feed))],
        battery=np.array([one[4] for one in feed], np.float64),
        scores=np.array([one[5] for one in feed], np.float64),
        anomalous=np.array([one[5] > 0.6 for one in feed], np.bool_),
        reasons=[f"reason {number}" for number in range(len(feed))],
    )


def by_series(batch: Batch) -> list[Batch]:
    series = np.array([batch.places[one].series for one in batch.place])
    return [batch.take(np.flatnonzero(series == key)) for key in np.unique(series)]


@settings(max_examples=400, deadline=None)
@given(
    feed=st.lists(reading, min_size=1, max_size=60),
    parameters=st.sampled_from(KINDS),
    times=st.sampled_from([{}, {"for_s": 30.0}, {"keep_firing_s": 30.0}, {"repeat_count": 2}]),
    moving=st.booleans(),
    most=st.sampled_from([2, 1000]),
)
def test_they_are_what_the_state_machine_says(
    feed: list[tuple[Any, ...]], parameters: Parameters, times: dict[str, Any], moving: bool, most: int
) -> None:
    batch, rules = batch_from(feed, moving), compiled(parameters, **times)
    expected = episodes_of(backtest(rules, batch), most)
    found = find_episodes(rules, by_series(batch), most)
    assert (found.opened, found.sensors) == (expected.opened, expected.sensors)
    assert found.newest == expected.newest


def test_a_rule_that_needs_more_than_levels_is_refused() -> None:
    with pytest.raises(ValueError, match="levels"):
        find_episodes(
            compiled(Stuck(for_readings=3)), by_series(batch_from([("A", "Port", 1, 0, NAN, NAN)], False)), 10
        )


def test_nothing_of_no_readings() -> None:
    assert find_episodes(compiled(Threshold()), [], 10).opened == 0
