"""Identity is sensor and reading_id, within a partition."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from iot_domain.identity import identity

deliveries = st.tuples(
    st.integers(0, 3), st.sampled_from(["S1", "S2", "1 S1"]), st.integers(0, 3).map(lambda n: UUID(int=n))
)


@given(deliveries, deliveries)
def test_two_messages_are_one_reading_when_partition_sensor_and_id_are_the_same(
    one: tuple[int, str, UUID], other: tuple[int, str, UUID]
) -> None:
    assert (identity(*one) == identity(*other)) == (one == other)


def test_an_identity_has_128_bits() -> None:
    assert 0 <= identity(0, "S1", UUID(int=2**128 - 1)) < 2**128
