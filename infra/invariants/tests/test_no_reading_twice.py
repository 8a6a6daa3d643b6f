"""An identity stands once in a table and in an answer."""

import pytest

from invariants.no_reading_twice import NoReadingTwice
from invariants.tests.hand_made import World, reading_id, row

check = NoReadingTwice().check


def test_each_reading_once_is_right(world: World) -> None:
    assert check(world.evidence()) == []


def test_a_reading_in_two_rows_is_doubled(world: World) -> None:
    world.stored.append(row(2, 10))
    [doubled] = check(world.evidence())
    assert (doubled.kind, doubled.detail, doubled.count) == ("doubled", "in iot.readings", 1)
    assert doubled.examples == ("SENSOR_001 00000000-0000-0000-0000-00000000000a (2 times)",)


def test_one_id_of_two_sensors_is_two_readings(world: World) -> None:
    world.stored.append(row(2, 10, sensor="SENSOR_002"))
    assert check(world.evidence()) == []


@pytest.mark.parametrize(
    ("table", "place"), [("anomalies", "iot.anomalies"), ("answered", "an answer of /v1/readings")]
)
def test_a_reading_twice_in_a_derived_table_or_an_answer_is_doubled(world: World, table: str, place: str) -> None:
    getattr(world, table).extend([("SENSOR_001", reading_id(10))] * 3)
    [doubled] = check(world.evidence())
    assert doubled.detail == f"in {place}"
    assert doubled.examples == ("SENSOR_001 00000000-0000-0000-0000-00000000000a (3 times)",)
