"""Which messages a filter matches, and that a message reaches exactly the filters that match it."""

from collections.abc import Callable
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.stream.filters import Matcher, Subscriptions
from dashboard.stream.topic_log import Entry
from iot_contracts.alerts import AlertTransition, Severity
from iot_contracts.readings import Reading
from iot_contracts.sensors import Sensor
from iot_contracts.stream_requests import StreamFilter
from iot_contracts.window_stats import WindowStats

NAMES = ("a", "b", "c")
filters = st.builds(
    StreamFilter,
    **{
        field: st.lists(st.sampled_from(NAMES), max_size=2).map(tuple)
        for field in ("sensor_id", "sensor_type", "location")
    },
)


@pytest.mark.parametrize(
    ("wanted", "is_match"),
    [
        (StreamFilter(), True),
        (StreamFilter(sensor_id=("OTHER", "SENSOR_001")), True),
        (StreamFilter(sensor_id=("OTHER",)), False),
        (StreamFilter(sensor_id=("SENSOR_001",), location=("Tangier-Centre",)), True),
        (StreamFilter(sensor_id=("SENSOR_001",), location=("Tangier-Port",)), False),
        (StreamFilter(sensor_type=("temperature",)), True),
        (StreamFilter(severity=(Severity.HIGH,)), False),
    ],
)
def test_a_reading_matches_when_every_field_of_the_filter_has_its_value(
    reading: Callable[..., Reading], wanted: StreamFilter, is_match: bool
) -> None:
    assert Matcher.of(wanted).matches(reading(1)) is is_match


def test_alerts_are_told_apart_by_severity_and_windows_have_no_sensor(
    alert: Callable[..., AlertTransition], window: Callable[..., WindowStats]
) -> None:
    assert Matcher.of(StreamFilter(severity=(Severity.MEDIUM, Severity.HIGH))).matches(alert(1))
    assert not Matcher.of(StreamFilter(severity=(Severity.LOW,))).matches(alert(1))
    assert not Matcher.of(StreamFilter(sensor_id=("SENSOR_001",))).matches(window(0))


@given(st.lists(filters, max_size=8))
def test_a_message_reaches_the_subscribers_whose_filter_matches_and_nobody_else(wanted: list[StreamFilter]) -> None:
    subscriptions: Subscriptions[int] = Subscriptions()
    for number, one in enumerate(wanted):
        subscriptions.add(Matcher.of(one), number)
    for sensor_id, sensor_type, location in product(NAMES, repeat=3):
        message = Sensor(sensor_id=sensor_id, sensor_type=sensor_type, location=location)
        entry = Entry(1, 0.0, message, "")
        reached = [number for _, numbers in subscriptions.matching([entry]) for number in numbers]
        assert sorted(reached) == [
            number for number, one in enumerate(wanted) if Matcher.of(one).matches(entry.message)
        ]


def test_nothing_is_left_of_a_filter_that_nobody_has(reading: Callable[..., Reading]) -> None:
    subscriptions: Subscriptions[str] = Subscriptions()
    matcher = Matcher.of(StreamFilter(sensor_id=("SENSOR_001",)))
    subscriptions.add(matcher, "one")
    subscriptions.add(matcher, "other")
    subscriptions.remove(matcher, "one")
    entry = Entry(1, 0.0, reading(1), "")
    assert [set(who) for _, who in subscriptions.matching([entry])] == [{"other"}]
    subscriptions.remove(matcher, "other")
    assert (len(subscriptions), subscriptions.matching([entry])) == (0, [])
    assert not subscriptions._matchers
    assert not subscriptions._subscribers
