"""Key figures of totals per sensor."""

from datetime import UTC, datetime, timedelta

from query_api.summary.totals import SensorTotals, batteries, count_by_location, count_by_type

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
A, B = ("A", "temperature", "Port"), ("B", "humidity", "Port")


def totals(count: int, second: int, battery: float | None) -> SensorTotals:
    at = NOON + timedelta(seconds=second)
    return SensorTotals(
        count=count,
        anomalies=count // 2,
        from_tail=0,
        last_reading_at=at,
        battery_percent=battery,
        battery_at=None if battery is None else at,
    )


def test_a_sensor_that_moved_has_one_battery() -> None:
    moved = {A: totals(5, 0, 80.0), ("A", "temperature", "Centre"): totals(1, 60, 20.0)}
    assert batteries(moved) == {"A": 20.0}


def test_counts_by_type_and_place_add_up() -> None:
    both = {A: totals(5, 0, None), B: totals(2, 0, None)}
    assert count_by_type(both) == {"humidity": 2, "temperature": 5}
    assert count_by_location(both) == {"Port": 7}
    assert batteries(both) == {}
