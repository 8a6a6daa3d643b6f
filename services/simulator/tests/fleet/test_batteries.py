from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from simulator.fleet.batteries import DEFAULT_LIFE_DAYS, REPLACED_AT_PERCENT, battery_level

MODERN_TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@given(st.floats(0, 1), MODERN_TIMES)
def test_a_battery_is_between_full_and_replaced(phase: float, at: datetime) -> None:
    assert REPLACED_AT_PERCENT <= battery_level(phase, at) <= 100


@given(st.floats(0, 1), MODERN_TIMES)
def test_it_discharges_until_it_is_replaced(phase: float, at: datetime) -> None:
    now, later = battery_level(phase, at), battery_level(phase, at + timedelta(days=DEFAULT_LIFE_DAYS / 10))
    assert later < now or later > 80
