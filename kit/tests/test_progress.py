"""When a consumer counts as standing still. Time is driven by hand."""

from hypothesis import given
from hypothesis import strategies as st

from service_kit.progress import Progress, standstill_limit_s


def observed(*steps: tuple[float, dict[int, int], dict[int, int]], limit_s: float = 60) -> str | None:
    """What is said after the last of (now, positions, ends)."""
    progress = Progress(limit_s)
    reason = None
    for now, positions, ends in steps:
        reason = progress.observe(positions, ends, now)
    return reason


def test_messages_that_wait_for_the_limit_without_an_offset_moving_are_a_standstill() -> None:
    assert observed((0, {0: 5}, {0: 9}), (59.9, {0: 5}, {0: 9})) is None
    reason = observed((0, {0: 5}, {0: 9}), (60, {0: 5}, {0: 12}))
    assert reason == "7 messages wait and no offset has moved for 60 s (partition 0)"


def test_the_time_before_the_first_message_waited_does_not_count() -> None:
    assert observed((0, {0: 5}, {0: 5}), (1000, {0: 5}, {0: 6}), (1059, {0: 5}, {0: 6})) is None
    assert observed((0, {0: 5}, {0: 5}), (1000, {0: 5}, {0: 6}), (1060, {0: 5}, {0: 6}))


def test_an_offset_that_moves_starts_the_time_again_however_much_still_waits() -> None:
    assert observed((0, {0: 5}, {0: 900}), (59, {0: 6}, {0: 900}), (118, {0: 6}, {0: 900})) is None


def test_a_consumer_that_begins_anew_moves() -> None:
    assert observed((0, {0: 5}, {0: 9}), (59, {0: 0}, {0: 9}), (118, {0: 0}, {0: 9})) is None


def test_one_partition_that_stands_still_is_not_hidden_by_others_that_move() -> None:
    reason = observed((0, {0: 1, 1: 1}, {0: 9, 1: 9}), (60, {0: 8, 1: 1}, {0: 9, 1: 9}))
    assert reason == "8 messages wait and no offset has moved for 60 s (partition 1)"


def test_what_is_caught_up_is_over() -> None:
    assert observed((0, {0: 5}, {0: 9}), (60, {0: 5}, {0: 9}), (61, {0: 9}, {0: 9})) is None


def test_a_partition_of_which_nothing_was_read_stands_at_its_beginning() -> None:
    assert (
        observed((0, {}, {0: 3}), (60, {}, {0: 3})) == "3 messages wait and no offset has moved for 60 s (partition 0)"
    )


def test_a_topic_that_lost_its_messages_makes_nobody_wait() -> None:
    assert observed((0, {0: 50}, {0: 3}), (60, {0: 50}, {0: 3})) is None


def test_the_limit_is_a_minute_or_three_triggers_whichever_is_longer() -> None:
    assert (standstill_limit_s(3), standstill_limit_s(45)) == (60, 135)


@given(
    moves=st.lists(st.tuples(st.floats(0.1, 59), st.integers(1, 1000)), min_size=1, max_size=30),
    waiting=st.integers(1, 10**6),
)
def test_whoever_moves_within_the_limit_never_stands_still(moves: list[tuple[float, int]], waiting: int) -> None:
    progress, now, position = Progress(60), 0.0, 0
    for pause_s, step in moves:
        now, position = now + pause_s, position + step
        assert progress.observe({0: position}, {0: position + waiting}, now) is None


def test_a_partition_is_named_by_its_topic_and_number() -> None:
    progress, place = Progress(), ("iot-sensors", 2)
    progress.observe({place: 1}, {place: 3}, 0)
    assert "(partition iot-sensors 2)" in str(progress.observe({place: 1}, {place: 3}, 60))
