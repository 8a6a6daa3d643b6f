"""Only the latest per key is kept, and what that left out is counted."""

from collections.abc import Callable

from dashboard.live.conflation import Conflation, LatestByKey
from iot_contracts.alerts import AlertTransition
from iot_contracts.anomalies import Anomaly
from iot_contracts.live_frames import AlertsFrame, AnomaliesFrame, GapFrame, LeftOutFrame, ReadingsFrame, WindowsFrame
from iot_contracts.readings import Reading
from iot_contracts.window_stats import WindowStats


def test_the_latest_value_of_a_key_replaces_the_earlier_one() -> None:
    latest: LatestByKey[str, int] = LatestByKey(10)
    assert [latest.put("a", 1), latest.put("b", 2), latest.put("a", 3)] == [0, 0, 1]
    assert latest.values() == [2, 3]


def test_beyond_the_limit_the_key_that_was_put_longest_ago_goes() -> None:
    latest: LatestByKey[str, int] = LatestByKey(2)
    latest.put("a", 1)
    latest.put("b", 2)
    latest.put("a", 3)
    assert latest.put("c", 4) == 1
    assert latest.get("b") is None
    assert latest.values() == [3, 4]


def test_a_gap_tells_how_many_readings_were_replaced(reading: Callable[..., Reading]) -> None:
    conflation = Conflation(10)
    conflation.add(ReadingsFrame(readings=[reading(1), reading(2), reading(3, "SENSOR_002")]))
    conflation.add(ReadingsFrame(readings=[reading(4)]))
    newest = [reading(3, "SENSOR_002"), reading(4)]
    assert conflation.frames() == [GapFrame(conflated=2), ReadingsFrame(readings=newest)]


def test_without_a_replaced_reading_there_is_no_gap(reading: Callable[..., Reading]) -> None:
    conflation = Conflation(10)
    conflation.add(ReadingsFrame(readings=[reading(1)]))
    assert conflation.frames() == [ReadingsFrame(readings=[reading(1)])]


def test_an_earlier_gap_is_not_forgotten(reading: Callable[..., Reading]) -> None:
    conflation = Conflation(10)
    conflation.add(GapFrame(conflated=5))
    conflation.add(ReadingsFrame(readings=[reading(1), reading(2)]))
    assert conflation.frames()[0] == GapFrame(conflated=6)


def test_what_could_not_be_read_is_not_forgotten() -> None:
    conflation = Conflation(10)
    conflation.add(LeftOutFrame(messages=2))
    conflation.add(LeftOutFrame(messages=1))
    assert conflation.frames() == [LeftOutFrame(messages=3)]


def test_of_an_alert_and_of_a_window_the_newest_is_kept_and_every_anomaly(
    alert: Callable[..., AlertTransition], anomaly: Callable[..., Anomaly], window: Callable[..., WindowStats]
) -> None:
    conflation = Conflation(10)
    conflation.add(AlertsFrame(alerts=[alert(1), alert(2), alert(1, 1)]))
    conflation.add(AnomaliesFrame(anomalies=[anomaly(1), anomaly(2)]))
    conflation.add(WindowsFrame(windows=[window(0), window(30), window(0, count=9)]))
    assert conflation.frames() == [
        AlertsFrame(alerts=[alert(2), alert(1, 1)]),
        AnomaliesFrame(anomalies=[anomaly(1), anomaly(2)]),
        WindowsFrame(windows=[window(30), window(0, count=9)]),
    ]
