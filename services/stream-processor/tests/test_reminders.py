"""A state that lasts is told once an interval."""

from datetime import UTC, datetime, timedelta

from stream_processor.reminders import Reminders

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
INTERVAL = timedelta(minutes=10)


def test_a_key_is_told_once_an_interval() -> None:
    reminders = Reminders(INTERVAL)
    times = [NOON, NOON + INTERVAL / 2, NOON + INTERVAL, NOON + INTERVAL * 1.5]
    assert [reminders.due(["a"], now) for now in times] == [["a"], [], ["a"], []]


def test_a_new_key_does_not_wait_for_the_others() -> None:
    reminders = Reminders(INTERVAL)
    reminders.due(["a"], NOON)
    assert reminders.due(["b", "a", "b"], NOON) == ["b"]
