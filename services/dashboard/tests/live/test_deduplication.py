"""An id is new once, as long as it is remembered."""

from dashboard.live.deduplication import SeenIds


def test_an_id_is_new_once() -> None:
    seen: SeenIds[int] = SeenIds(10)
    assert [seen.is_new(identity) for identity in (1, 2, 1, 2, 3)] == [True, True, False, False, True]


def test_the_memory_is_bounded_and_forgets_the_oldest() -> None:
    seen: SeenIds[int] = SeenIds(2)
    assert all(seen.is_new(identity) for identity in (1, 2, 3))
    assert not seen.is_new(2)
    assert not seen.is_new(3)
    assert seen.is_new(1)
