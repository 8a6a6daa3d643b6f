"""Recognising repetitions in bounded memory."""

from query_api.tail.seen_ids import SeenIds


def test_an_id_is_new_once() -> None:
    seen = SeenIds(10)
    assert [seen.is_new(number) for number in (1, 2, 1, 2, 3)] == [True, True, False, False, True]


def test_at_least_the_last_ids_are_remembered_and_memory_is_bounded() -> None:
    seen = SeenIds(10)
    for number in range(1000):
        assert seen.is_new(number)
        assert len(seen) <= 20
    assert not any(seen.is_new(number) for number in range(990, 1000))
    assert seen.is_new(5)


def test_an_id_that_keeps_coming_is_not_forgotten() -> None:
    seen = SeenIds(10)
    seen.is_new(0)
    for number in range(1, 200):
        seen.is_new(number)
        assert not seen.is_new(0)
