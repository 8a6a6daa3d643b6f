"""Relative times."""

from datetime import UTC, datetime

import pytest

from query_api.times import relative_time

NOW = datetime(2026, 3, 1, 12, 34, 56, 789, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", NOW),
        ("now-24h", datetime(2026, 2, 28, 12, 34, 56, 789, tzinfo=UTC)),
        ("now+1m", datetime(2026, 3, 1, 12, 35, 56, 789, tzinfo=UTC)),
        ("now/d", datetime(2026, 3, 1, tzinfo=UTC)),
        ("now-1w/h", datetime(2026, 2, 22, 12, tzinfo=UTC)),
        ("now-24", None),
        ("now-1y", None),
        ("yesterday", None),
    ],
)
def test_a_relative_time_is_counted_from_now(text: str, expected: datetime | None) -> None:
    assert relative_time(text, NOW) == expected


def test_a_time_that_no_clock_shows_is_an_error() -> None:
    with pytest.raises(OverflowError):
        relative_time("now-999999w", NOW)
