"""Adding up totals of disjoint parts."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from query_api.summary.totals import SensorTotals, add, batteries, count_by_location, count_by_type

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


some_totals = st.builds(totals, st.integers(1, 9), st.integers(0, 99), st.floats(0, 100))


@given(st.lists(some_totals, min_size=2, max_size=5))
def test_the_order_of_parts_does_not_matter(parts: list[SensorTotals]) -> None:
    parts = [*{part.last_reading_at: part for part in parts}.values()]
    forwards: dict[tuple[str, str, str], SensorTotals] = {}
    backwards: dict[tuple[str, str, str], SensorTotals] = {}
    for part in parts:
        forwards = add(forwards, {A: part})
        backwards = add({A: part}, backwards)
    assert forwards == backwards
    assert forwards[A].count == sum(part.count for part in parts)
    assert forwards[A].battery_percent == max(parts, key=lambda part: part.last_reading_at).battery_percent


def test_a_reading_without_battery_does_not_hide_the_level_before() -> None:
    together = add({A: totals(1, 0, 25.0)}, {A: totals(1, 60, None)})
    assert batteries(together) == {"A": 25.0}
    assert together[A].last_reading_at == NOON + timedelta(seconds=60)


def test_a_sensor_that_moved_has_one_battery() -> None:
    moved = {A: totals(5, 0, 80.0), ("A", "temperature", "Centre"): totals(1, 60, 20.0)}
    assert batteries(moved) == {"A": 20.0}


def test_counts_by_type_and_place_add_up() -> None:
    both = {A: totals(5, 0, None), B: totals(2, 0, None)}
    assert count_by_type(both) == {"humidity": 2, "temperature": 5}
    assert count_by_location(both) == {"Port": 7}
    assert batteries(both) == {}
