"""What a client missed is known whole, or it is said why not."""

from collections.abc import Callable

import msgspec

from dashboard.stream.topic_log import Entry, TopicLog
from iot_contracts.readings import Reading


def numbers(missed: object) -> list[int]:
    assert isinstance(missed, list)
    return [entry.sequence for entry in missed if isinstance(entry, Entry)]


def test_messages_are_numbered_and_encoded_once(reading: Callable[..., Reading]) -> None:
    log = TopicLog(max_entries=10, max_age_s=60)
    first, second = log.append([reading(1), reading(2)], now=0)
    assert (first.sequence, second.sequence, log.sequence) == (1, 2, 2)
    assert msgspec.json.decode(first.text, type=Reading) == reading(1)
    assert log.since(1) == [second]


def test_everything_after_a_position_is_missed_and_nothing_after_the_newest(reading: Callable[..., Reading]) -> None:
    log = TopicLog(max_entries=10, max_age_s=60)
    log.append([reading(number) for number in range(5)], now=0)
    assert numbers(log.since(0)) == [1, 2, 3, 4, 5]
    assert numbers(log.since(3)) == [4, 5]
    assert log.since(5) == []


def test_what_is_dropped_by_number_is_too_old_to_go_on_from(reading: Callable[..., Reading]) -> None:
    log = TopicLog(max_entries=3, max_age_s=60)
    log.append([reading(number) for number in range(5)], now=0)
    assert log.since(1) == "too_old"
    assert numbers(log.since(2)) == [3, 4, 5]


def test_what_is_dropped_by_age_is_too_old_to_go_on_from(reading: Callable[..., Reading]) -> None:
    log = TopicLog(max_entries=10, max_age_s=60)
    log.append([reading(1)], now=0)
    log.append([reading(2)], now=60)
    assert numbers(log.since(0)) == [1, 2]
    log.append([reading(3)], now=61)
    assert log.since(0) == "too_old"
    assert numbers(log.since(1)) == [2, 3]


def test_a_position_ahead_of_the_log_is_unknown() -> None:
    assert TopicLog(max_entries=3, max_age_s=60).since(1) == "unknown_sequence"


def test_nobody_goes_on_across_an_interruption(reading: Callable[..., Reading]) -> None:
    log = TopicLog(max_entries=10, max_age_s=60)
    log.append([reading(1)], now=0)
    log.interrupt()
    log.append([reading(2)], now=0)
    assert log.since(1) == "too_old"
    assert numbers(log.since(2)) == [3]
