from collections.abc import Callable

import msgspec

from iot_contracts.readings import Reading
from simulator.run.console import line


def test_a_line_shows_what_was_measured_and_whether_it_is_an_anomaly(
    make_readings: Callable[..., list[Reading]],
) -> None:
    [reading] = make_readings(1)
    shown = line(7, msgspec.structs.replace(reading, value=67.5, is_anomaly=True))
    assert shown == "[7] 2026-03-01 00:00:00 | SENSOR_001 | temperature: 67.5 Celsius | Tangier-Centre | ANOMALY"
    assert line(8, reading).endswith("| Normal")
