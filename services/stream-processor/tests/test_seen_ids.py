"""Exactly the ids that came before are recognised, however they are spread over batches."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream_processor.seen_ids import AGES, Ids, SeenIds

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def ids(*numbers: int) -> Ids:
    return Ids.from_bytes(b"".join(UUID(int=number).bytes for number in numbers))


# Few enough to repeat often, and all over the 128 bits.
NUMBERS = st.sampled_from([*range(6), *(n << 64 for n in range(1, 6)), 2**128 - 1, 2**127, 1 << 64 | 1])


@given(st.lists(st.lists(NUMBERS, max_size=12), max_size=12))
def test_an_id_is_repeated_when_a_set_would_have_it(batches: list[list[int]]) -> None:
    seen, known = SeenIds(DAY, 1_000_000), set[int]()
    for batch in batches:
        expected = []
        for number in batch:
            expected.append(number in known)
            known.add(number)
        mask = seen.repeated(ids(*batch))
        assert mask.tolist() == expected
        seen.add(ids(*batch).where(~mask), NOON)
    assert len(seen) == len(known)


class _SameHash(Ids):
    def hashes(self) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
        return np.zeros(len(self.high), dtype=np.uint64)


def test_different_ids_with_the_same_hash_are_different_ids() -> None:
    seen = SeenIds(DAY, 1000)
    seen.add(_SameHash(*ids(1, 2, 3)), NOON)
    assert seen.repeated(_SameHash(*ids(4, 3, 1, 5))).tolist() == [False, True, True, False]


def test_runs_stay_few() -> None:
    seen = SeenIds(DAY, 1_000_000)
    for number in range(1000):
        seen.add(ids(number), NOON)
    assert len(seen) == 1000
    assert len(seen._runs) <= 12


def test_ids_are_forgotten_after_the_horizon_and_not_before() -> None:
    seen = SeenIds(DAY, 1000)
    seen.add(ids(1), NOON)
    seen.add(ids(2), NOON + DAY / 2)
    seen.add(ids(), NOON + DAY)
    assert seen.repeated(ids(1, 2)).tolist() == [True, True]
    seen.add(ids(), NOON + DAY + DAY / AGES)
    assert seen.repeated(ids(1, 2)).tolist() == [False, True]


def test_at_the_limit_the_oldest_are_forgotten_first() -> None:
    seen = SeenIds(DAY, 80)
    for number in range(200):
        seen.add(ids(number), NOON + timedelta(seconds=number))
    assert 60 <= len(seen) <= 80
    assert seen.repeated(ids(*range(140, 200))).all()
    assert not seen.repeated(ids(*range(100))).any()
