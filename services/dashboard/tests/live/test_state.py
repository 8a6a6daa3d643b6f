"""The state that a snapshot is made of."""

from collections.abc import Callable
from datetime import UTC, datetime

from dashboard.live.state import LiveState
from iot_contracts.alerts import AlertTransition
from iot_contracts.anomalies import Anomaly
from iot_contracts.readings import Reading
from iot_contracts.window_stats import WindowStats

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def state(**changes: int) -> LiveState:
    return LiveState(
        **{"max_sensors": 10, "snapshot_readings": 3, "snapshot_alerts": 2, "remembered_ids": 100, **changes}
    )


def test_a_repeated_reading_is_taken_once(reading: Callable[..., Reading]) -> None:
    live = state()
    assert live.add_readings([reading(1), reading(2), reading(1)]) == [reading(1), reading(2)]
    assert live.add_readings([reading(2)]) == []
    assert live.snapshot(NOW).readings == [reading(1), reading(2)]


def test_one_reading_id_of_two_sensors_is_two_readings(reading: Callable[..., Reading]) -> None:
    live = state()
    both = [reading(1, "SENSOR_001"), reading(1, "SENSOR_002")]
    assert live.add_readings([*both, both[1]]) == both


def test_a_sensor_that_has_been_quiet_is_in_the_snapshot_before_the_newest(reading: Callable[..., Reading]) -> None:
    live = state()
    live.add_readings([reading(1, "QUIET"), *(reading(number) for number in range(2, 7))])
    assert live.snapshot(NOW).readings == [reading(1, "QUIET"), reading(4), reading(5), reading(6)]


def test_a_snapshot_holds_the_newest_step_of_the_newest_alerts(alert: Callable[..., AlertTransition]) -> None:
    live = state()
    assert live.add_alerts([alert(1), alert(2), alert(1)]) == [alert(1), alert(2)]
    assert live.add_alerts([alert(3), alert(2, 1), alert(2, 1)]) == [alert(3), alert(2, 1)]
    assert live.snapshot(NOW).alerts == [alert(3), alert(2, 1)]


def test_a_step_that_comes_again_does_not_bring_an_alert_back(alert: Callable[..., AlertTransition]) -> None:
    live = state(remembered_ids=1)
    live.add_alerts([alert(1), alert(1, 1), alert(1, 0)])
    assert live.snapshot(NOW).alerts == [alert(1, 1)]


def test_a_snapshot_holds_the_newest_anomalies_each_once(anomaly: Callable[..., Anomaly]) -> None:
    live = state()
    assert live.add_anomalies([anomaly(1), anomaly(2), anomaly(1)]) == [anomaly(1), anomaly(2)]
    live.add_anomalies([anomaly(3)])
    assert live.snapshot(NOW).anomalies == [anomaly(2), anomaly(3)]


def test_a_snapshot_holds_the_newest_window_of_each_location(window: Callable[..., WindowStats]) -> None:
    live = state()
    live.add_windows([window(30, count=1), window(0, count=8), window(0, location="Tangier-Port")])
    live.add_windows([window(30, count=2), window(0, count=9)])
    assert live.snapshot(NOW).windows == [window(0, location="Tangier-Port"), window(30, count=2)]


def test_of_one_window_only_the_newest_message_goes_on(window: Callable[..., WindowStats]) -> None:
    assert state().add_windows([window(0, count=1), window(30), window(0, count=2)]) == [
        window(0, count=2),
        window(30),
    ]


def test_sensors_are_bounded_and_the_one_heard_longest_ago_goes(reading: Callable[..., Reading]) -> None:
    live = state(max_sensors=2, snapshot_readings=0)
    live.add_readings([reading(1, "A"), reading(2, "B"), reading(3, "A"), reading(4, "C")])
    assert [each.sensor_id for each in live.snapshot(NOW).readings] == ["A", "C"]
