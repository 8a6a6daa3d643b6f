"""The promise of the whole service: an answer holds each distinct reading exactly once."""

from collections import Counter
from collections.abc import Callable
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from query_api.table.state import TableState
from query_api.view.store import ViewStore
from query_api.view.view import View

NOWHERE = {0: 0, 1: 0}
MakeState = Callable[..., TableState]
MakeMessage = Callable[..., bytes]


def new_store(max_tail_rows: int = 1000, seen_ids: int = 1000) -> ViewStore:
    store = ViewStore(max_tail_rows=max_tail_rows, seen_ids=seen_ids)
    store.restart(NOWHERE, NOWHERE)
    return store


def numbers_in(view: View) -> Counter[int]:
    """What an answer over `view` would count, by reading number."""
    columns = [segment.table["reading_id"] for segment in view.table.recent]
    if view.tail_is_complete:
        columns += [batch.column("reading_id") for batch in view.tail.batches()]
    return Counter(UUID(text).int for column in columns for text in column.to_pylist())


class Topic:
    """A topic whose messages are reading numbers (None: a message that the contract refuses), and its table."""

    def __init__(self, partitions: list[list[int | None]], make_lake: MakeState, make_message: MakeMessage) -> None:
        self.partitions = partitions
        self.make_lake = make_lake
        self.make_message = make_message

    def poll(self, store: ViewStore, partition: int, count: int) -> None:
        at = store.positions[partition]
        numbers = self.partitions[partition][at : at + count]
        messages = [
            (at + index, b"{}" if number is None else self.make_message(number)) for index, number in enumerate(numbers)
        ]
        if messages:
            store.extend(partition, messages)

    @property
    def ends(self) -> dict[int, int]:
        return {number: len(messages) for number, messages in enumerate(self.partitions)}

    def within(self, offsets: dict[int, int]) -> dict[int, int]:
        return {number: min(offset, self.ends[number]) for number, offset in offsets.items()}

    def below(self, offsets: dict[int, int]) -> set[int]:
        return {n for p, numbers in enumerate(self.partitions) for n in numbers[: offsets[p]] if n is not None}

    def snapshot(self, committed_offsets: dict[int, int], snapshot_id: int) -> TableState:
        return self.make_lake(sorted(self.below(committed_offsets)), committed_offsets, snapshot_id)


# A reading's repetitions stand in one partition, since the key is its sensor: even numbers in 0, odd ones in 1.
a_partition = [st.lists(st.one_of(st.none(), st.sampled_from(range(p + 2, p + 28, 2))), max_size=30) for p in (0, 1)]
a_step = st.one_of(
    st.tuples(st.just("poll"), st.integers(0, 1), st.integers(1, 8)),
    st.tuples(st.just("commit"), st.integers(0, 30), st.integers(0, 30)),
    st.just(("restart", 0, 0)),
)


@settings(max_examples=300)
@given(partitions=st.tuples(*a_partition), steps=st.lists(a_step, max_size=25))
def test_any_interleaving_of_polls_commits_and_restarts_counts_each_reading_once(
    state: MakeState,
    message: MakeMessage,
    partitions: tuple[list[int | None], list[int | None]],
    steps: list[tuple[str, int, int]],
) -> None:
    topic = Topic(list(partitions), state, message)
    store, committed_offsets = new_store(), {0: 0, 1: 0}
    for number, (step, first, second) in enumerate(steps, start=1):
        before = set() if step == "restart" else set(numbers_in(store.view))
        if step == "poll":
            topic.poll(store, first, second)
        elif step == "commit":
            committed_offsets = topic.within(
                {0: max(committed_offsets[0], first), 1: max(committed_offsets[1], second)}
            )
            assert store.refresh_table(topic.snapshot(committed_offsets, number))
        else:
            store = new_store()
            store.refresh_table(topic.snapshot(committed_offsets, number))
            store.restart(NOWHERE, topic.ends)
        held = numbers_in(store.view)
        assert set(held.values()) <= {1}
        assert set(held) == topic.below(committed_offsets) | topic.below(dict(store.positions))
        assert before <= set(held)


def test_a_repeat_of_a_reading_that_the_snapshot_holds_is_not_counted_again(
    state: MakeState, message: MakeMessage
) -> None:
    topic = Topic([[2, 4, 2, 4, 6], []], state, message)
    store = new_store()
    store.refresh_table(topic.snapshot({0: 2, 1: 0}, 1))
    store.restart(NOWHERE, topic.ends)
    topic.poll(store, 0, 5)
    assert numbers_in(store.view) == {2: 1, 4: 1, 6: 1}
    assert store.repeats == 2


@pytest.mark.parametrize(
    "poison", [None, b"", b"\xff", b"[" * 5000 + b"]" * 5000, b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"]
)
def test_a_message_that_is_no_reading_is_left_out_and_told_and_its_neighbours_are_held(
    message: MakeMessage, poison: bytes | None
) -> None:
    store = new_store()
    [(offset, _)] = store.extend(0, [(0, message(2)), (1, poison), (2, message(4))])
    assert numbers_in(store.view) == {2: 1, 4: 1}
    assert (offset, store.refused, store.positions[0]) == (1, 1, 3)


def test_what_the_snapshot_has_passed_is_not_told_again(state: MakeState, message: MakeMessage) -> None:
    topic = Topic([[None, 2], []], state, message)
    store = new_store()
    store.refresh_table(topic.snapshot({0: 1, 1: 0}, 1))
    store.restart(NOWHERE, topic.ends)
    topic.poll(store, 0, 2)
    assert store.refused == 0


def test_a_position_moves_past_offsets_without_a_message_and_never_back(message: MakeMessage) -> None:
    store = new_store()
    store.extend(0, [(0, message(2))])
    store.advance(0, 2)
    store.advance(0, 1)
    store.advance(2, 5)
    assert store.positions == {0: 2, 1: 0}


@pytest.mark.parametrize("partitions", [(0, 0), (0, 1), (1, 0)])
def test_one_reading_id_of_two_sensors_is_two_readings_before_and_after_a_commit_and_a_restart(
    state: MakeState, message: MakeMessage, partitions: tuple[int, int]
) -> None:
    shared = [message(7, sensor_id="A"), message(7, sensor_id="B")]
    offsets = [0, 1] if partitions == (0, 0) else [0, 0]
    store = new_store()
    for partition, offset, value in zip(partitions, offsets, shared, strict=True):
        store.extend(partition, [(offset, value), (offset + 2, value)])
    assert numbers_in(store.view) == {7: 2}
    assert store.repeats == 2
    # The table takes over the first of them; the second stays in the tail.
    committed_offsets = {partitions[0]: 1, 1 - partitions[0]: 0}
    store.refresh_table(state([7], committed_offsets))
    assert numbers_in(store.view) == {7: 2}
    store.restart(NOWHERE, {0: 4, 1: 4})
    for partition, offset, value in zip(partitions, offsets, shared, strict=True):
        store.extend(partition, [(offset, value), (offset + 2, value)])
    assert numbers_in(store.view) == {7: 2}


def test_a_tail_over_its_bound_is_left_out_until_a_snapshot_reaches_it(state: MakeState, message: MakeMessage) -> None:
    topic = Topic([list(range(2, 24, 2)), []], state, message)
    store = new_store(max_tail_rows=5)
    topic.poll(store, 0, 6)
    assert not store.view.tail_is_complete
    assert store.view.tail.rows == 0
    store.refresh_table(topic.snapshot({0: 3, 1: 0}, 1))
    topic.poll(store, 0, 1)
    assert numbers_in(store.view) == {2: 1, 4: 1, 6: 1}
    store.refresh_table(topic.snapshot({0: 6, 1: 0}, 2))
    assert numbers_in(store.view) == dict.fromkeys(range(2, 16, 2), 1)


def test_a_snapshot_without_offsets_answers_alone(state: MakeState, message: MakeMessage) -> None:
    topic = Topic([[2, 4], []], state, message)
    store = new_store()
    topic.poll(store, 0, 2)
    assert not store.refresh_table(state([2], None))
    store.restart(NOWHERE, topic.ends)
    topic.poll(store, 0, 2)
    assert numbers_in(store.view) == {2: 1}


@pytest.mark.parametrize("committed_offsets", [{}, {0: 1, 1: 0}])
def test_a_border_that_moves_back_makes_the_consumer_begin_anew(
    state: MakeState, message: MakeMessage, committed_offsets: dict[int, int]
) -> None:
    topic = Topic([[2, 4, 6], []], state, message)
    store = new_store()
    topic.poll(store, 0, 3)
    assert store.refresh_table(topic.snapshot({0: 3, 1: 0}, 1))
    assert not store.refresh_table(state([], committed_offsets, 2))
    store.restart(NOWHERE, topic.ends)
    topic.poll(store, 0, 3)
    assert store.view.tail.rows == 3 - committed_offsets.get(0, 0)


def test_a_border_past_the_topics_end_leaves_the_tail_out(state: MakeState, message: MakeMessage) -> None:
    topic = Topic([[2, 4], []], state, message)
    store = new_store()
    store.refresh_table(state([8], {0: 50, 1: 0}))
    store.restart(NOWHERE, topic.ends)
    topic.poll(store, 0, 2)
    assert numbers_in(store.view) == {8: 1}
    assert not store.view.tail_is_complete


def test_readings_that_the_topic_no_longer_has_do_not_make_the_tail_incomplete(
    state: MakeState, message: MakeMessage
) -> None:
    store = new_store()
    store.restart({0: 100, 1: 0}, {0: 101, 1: 0})
    store.extend(0, [(100, message(2))])
    assert numbers_in(store.view) == {2: 1}


def test_a_view_taken_before_a_commit_stays_as_it_was(state: MakeState, message: MakeMessage) -> None:
    topic = Topic([[2, 4, 6], []], state, message)
    store = new_store()
    topic.poll(store, 0, 2)
    taken = store.view
    store.refresh_table(topic.snapshot({0: 2, 1: 0}, 1))
    topic.poll(store, 0, 1)
    assert numbers_in(taken) == {2: 1, 4: 1}


def test_the_tail_of_another_topic_never_joins_the_snapshot(state: MakeState, message: MakeMessage) -> None:
    store = ViewStore(max_tail_rows=1000, seen_ids=1000)
    store.refresh_table(state([0], {0: 1, 1: 0}))
    store.restart({0: 1, 1: 0}, {0: 5, 1: 5}, is_same_topic=False)
    store.extend(0, [(1, message(1))])
    assert not store.view.tail_is_complete
