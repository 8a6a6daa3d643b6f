from datetime import UTC, datetime, timedelta
from uuid import RFC_4122

from hypothesis import given
from hypothesis import strategies as st

from simulator.reading_ids import RANDOM_BITS, replayed_reading_id, uuid7

AT = datetime(2013, 12, 2, 21, 15, tzinfo=UTC)


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**RANDOM_BITS - 1))
def test_a_uuid7_carries_its_time_and_its_bits(unix_ms: int, bits: int) -> None:
    made = uuid7(unix_ms, bits)
    assert (made.version, made.variant) == (7, RFC_4122)
    assert made.int >> 80 == unix_ms
    assert (made.int >> 64 & 0xFFF) << 62 | made.int & (1 << 62) - 1 == bits


def test_the_same_row_has_the_same_id_always() -> None:
    assert str(replayed_reading_id("SENSOR", 2, AT, "t\n73.96732207")) == "0142b52a-0820-7a46-b7cb-535f540ebcea"


def test_another_sensor_line_time_or_value_has_another_id() -> None:
    ids = {
        replayed_reading_id("SENSOR", 2, AT, "1.0"),
        replayed_reading_id("OTHER", 2, AT, "1.0"),
        replayed_reading_id("SENSOR", 3, AT, "1.0"),
        replayed_reading_id("SENSOR", 2, AT + timedelta(milliseconds=1), "1.0"),
        replayed_reading_id("SENSOR", 2, AT, "1.5"),
    }
    assert len(ids) == 5


def test_a_time_before_1970_still_gives_an_id() -> None:
    assert replayed_reading_id("SENSOR", 2, datetime(1969, 1, 1, tzinfo=UTC), "1.0").int >> 80 == 0
