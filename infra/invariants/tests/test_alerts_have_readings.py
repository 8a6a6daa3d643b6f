"""An alert is about a reading that is stored."""

from invariants.alerts_have_readings import AlertsHaveReadings
from invariants.tests.hand_made import SENSOR, World, reading_id

check = AlertsHaveReadings().check


def test_an_alert_about_a_stored_reading_is_right(world: World) -> None:
    world.alerts.append(("a", SENSOR, reading_id(11)))
    assert check(world.evidence()) == []


def test_an_alert_about_a_reading_that_is_not_stored_is_found(world: World) -> None:
    world.alerts.append(("b", SENSOR, reading_id(99)))
    [violation] = check(world.evidence())
    assert violation.count == 1
    assert violation.examples == ("b about SENSOR_001 00000000-0000-0000-0000-000000000063",)


def test_another_sensors_reading_of_the_same_id_does_not_count(world: World) -> None:
    world.alerts.append(("c", "SENSOR_002", reading_id(11)))
    assert len(check(world.evidence())) == 1
