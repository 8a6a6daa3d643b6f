"""A pipeline that keeps its promises is never accused, and no single fault of it goes unseen."""

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from invariants.registry import check_all
from invariants.tests.hand_made import World, message, reading_id

SENSORS = ("A", "B")


@dataclass(frozen=True)
class Pipeline:
    """What a right pipeline makes of messages: numbers are readings, None is a message that is refused."""

    messages: tuple[tuple[str, int | None], ...]
    committed: int

    def world(self) -> World:
        received = [message(place, number, sensor=sensor) for place, (sensor, number) in enumerate(self.messages)]
        stored: dict[tuple[str, int], int] = {}
        for place, (sensor, number) in enumerate(self.messages[: self.committed]):
            if number is not None:
                stored.setdefault((sensor, number), place)
        return World(
            bounds=[(0, 0, 0, len(received), self.committed, len(received))],
            received=received,
            stored=[(sensor, reading_id(number), 0, place) for (sensor, number), place in stored.items()],
            dead_letters=[
                (0, place) for place, (_, number) in enumerate(self.messages[: self.committed]) if number is None
            ],
            snapshots={},
        )


@st.composite
def pipelines(draw: st.DrawFn) -> Pipeline:
    one = st.tuples(st.sampled_from(SENSORS), st.one_of(st.none(), st.integers(1, 5)))
    messages = tuple(draw(st.lists(one, min_size=1, max_size=12)))
    return Pipeline(messages, draw(st.integers(0, len(messages))))


@settings(max_examples=25, deadline=None)
@given(pipelines())
def test_a_right_pipeline_is_never_accused(pipeline: Pipeline) -> None:
    assert check_all(pipeline.world().evidence()) == []


@settings(max_examples=25, deadline=None)
@given(pipelines().filter(lambda one: bool(one.world().stored)), st.data())
def test_a_row_that_is_gone_is_lost(pipeline: Pipeline, data: st.DataObject) -> None:
    world = pipeline.world()
    world.stored.pop(data.draw(st.integers(0, len(world.stored) - 1)))
    assert "lost" in {violation.kind for violation in check_all(world.evidence())}


@settings(max_examples=25, deadline=None)
@given(pipelines().filter(lambda one: bool(one.world().stored)), st.data())
def test_a_repetition_that_was_stored_is_doubled(pipeline: Pipeline, data: st.DataObject) -> None:
    world = pipeline.world()
    sensor, identity, *_ = data.draw(st.sampled_from(world.stored))
    place = data.draw(st.integers(0, pipeline.committed - 1))
    world.stored.append((sensor, identity, 0, place))
    assert "doubled" in {violation.kind for violation in check_all(world.evidence())}


@settings(max_examples=15, deadline=None)
@given(pipelines().filter(lambda one: bool(one.world().dead_letters)))
def test_a_refused_message_without_a_dead_letter_is_found(pipeline: Pipeline) -> None:
    world = pipeline.world()
    world.dead_letters.pop()
    assert "no dead letter" in {violation.kind for violation in check_all(world.evidence())}
