import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.delivery.backoff import FIRST_S, LONGEST_RETRY_AFTER_S, LONGEST_S, retry_delay_s


@given(st.integers(0, 10_000), st.floats(0, 1), st.none() | st.text(max_size=5) | st.integers().map(str))
def test_every_wait_is_bounded(attempt: int, jitter: float, retry_after: str | None) -> None:
    assert 0 <= retry_delay_s(attempt, retry_after, jitter) <= 1.1 * LONGEST_RETRY_AFTER_S


def test_waits_double_up_to_the_longest() -> None:
    waits = [retry_delay_s(attempt, None, 0) for attempt in range(7)]
    assert waits == [FIRST_S * 2**n for n in range(5)] + [LONGEST_S, LONGEST_S]


@pytest.mark.parametrize(("retry_after", "seconds"), [("3", 3), ("0", 0), ("600", 10), ("soon", FIRST_S)])
def test_the_server_s_wish_is_honoured_within_bounds(retry_after: str, seconds: float) -> None:
    assert retry_delay_s(0, retry_after, 0) == seconds
