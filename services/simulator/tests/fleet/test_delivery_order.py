from collections.abc import Callable
from datetime import timedelta

from iot_contracts.readings import Reading
from simulator.fleet.delivery_order import DeliveryOrder
from simulator.fleet.measurements import Measured


def test_a_late_reading_comes_behind_younger_ones_and_a_duplicate_twice(
    make_readings: Callable[..., list[Reading]],
) -> None:
    late, twice, never, right = make_readings(4)
    order = DeliveryOrder()
    order.add([Measured(late, [30.0]), Measured(twice, [0.0, 5.0]), Measured(never, []), Measured(right, [0.0])])
    assert order.due(late.timestamp) == [twice, right]
    assert order.due(late.timestamp + timedelta(seconds=10)) == [twice]
    assert order.rest() == [late]
    assert order.rest() == []


def test_what_is_held_is_bounded_and_what_is_due_next_comes_early(make_readings: Callable[..., list[Reading]]) -> None:
    readings = make_readings(5)
    order = DeliveryOrder(max_held=3)
    order.add(Measured(reading, [100.0 + number]) for number, reading in enumerate(readings))
    assert order.due(readings[0].timestamp) == readings[:2]
    assert order.rest() == readings[2:]
