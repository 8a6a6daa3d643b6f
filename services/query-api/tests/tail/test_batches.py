"""Readings become rows of Arrow."""

from collections.abc import Callable

from iot_contracts.readings import Reading
from query_api.tail.batches import to_batch


def test_a_reading_becomes_a_row_with_its_offset(reading: Callable[..., Reading]) -> None:
    [row] = to_batch([7], [reading(1, battery_level=20.0)]).to_pylist()
    assert row == {
        "reading_id": "00000000-0000-0000-0000-000000000001",
        "sensor_id": "SENSOR_1",
        "sensor_type": "temperature",
        "location": "Tangier-Port",
        "value": 1.0,
        "unit": "Celsius",
        "is_anomaly": None,
        "battery_level": 20.0,
        "event_timestamp": reading(1).timestamp,
        "kafka_offset": 7,
    }
