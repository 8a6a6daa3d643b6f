"""Where the snapshot ends the tail begins."""

from dataclasses import replace

from invariants.evidence import Answer
from invariants.tail_joins_snapshot import TailJoinsSnapshot
from invariants.tests.hand_made import World, message, row

check = TailJoinsSnapshot().check
RIGHT = Answer(count=4, snapshot_id=9, offsets={0: 4}, read_up_to={0: 6}, tail_readings=2, tail_is_complete=True)


def details(world: World, answer: Answer | None = RIGHT) -> list[str]:
    world.answer = answer
    return [violation.detail for violation in check(world.evidence())]


def test_an_answer_of_the_newest_snapshot_and_all_after_it_is_right(world: World) -> None:
    assert details(world) == []


def test_an_answer_of_an_earlier_snapshot_with_its_longer_tail_is_right(world: World) -> None:
    world.stored = [row(0, 10), row(3, 13)]
    world.received[3] = message(3, 13)
    world.snapshots = {
        "iot.readings": [replace(one, total_rows=1 + (one.id > 7)) for one in world.snapshots["iot.readings"]]
    }
    assert details(world, replace(RIGHT, snapshot_id=7, offsets={0: 2}, count=4, tail_readings=3)) == []


def test_a_question_that_overtook_the_newest_messages_is_right(world: World) -> None:
    assert details(world, replace(RIGHT, count=3, read_up_to={0: 5}, tail_readings=1)) == []


def test_a_tail_that_begins_elsewhere_is_found(world: World) -> None:
    assert "tail begins at {0: 3}, snapshot 9 ends at {0: 4}" in details(world, replace(RIGHT, offsets={0: 3}))[0]


def test_a_snapshot_that_the_table_never_had_is_found(world: World) -> None:
    assert "not in the table's history" in details(world, replace(RIGHT, snapshot_id=1))[0]


def test_an_answer_that_counts_other_rows_than_its_snapshot_has_is_found(world: World) -> None:
    assert "counts 3 rows outside of its tail, its snapshot has 2" in details(world, replace(RIGHT, count=5))[0]


def test_a_tail_that_counts_more_than_was_sent_is_found(world: World) -> None:
    assert "counts 3 readings, the topic had at most 2" in details(world, replace(RIGHT, count=5, tail_readings=3))[0]


def test_a_tail_that_counts_a_repetition_of_a_stored_reading_is_found(world: World) -> None:
    world.received[5] = message(5, 10)
    assert "the topic had at most 1" in details(world)[0]


def test_a_tail_that_lacks_messages_that_were_read_is_found(world: World) -> None:
    [lacks] = details(world, replace(RIGHT, count=2, read_up_to={0: 5}, tail_readings=0))
    assert "counts 0 readings, 1 new ones were read before the question" in lacks


def test_a_tail_that_says_it_is_left_out_may_lack_them(world: World) -> None:
    assert details(world, replace(RIGHT, count=2, tail_readings=0, tail_is_complete=False)) == []


def test_a_snapshot_that_holds_what_the_tail_will_count_is_found(world: World) -> None:
    world.stored.append(row(4, 14))
    assert "holds 1 messages at or above its own offset 4" in details(world, None)[0]
