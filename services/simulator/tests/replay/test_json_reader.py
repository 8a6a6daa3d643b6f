"""Readings from JSON files, with either form of time."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from iot_contracts.readings import Reading
from simulator.replay.json_reader import read_json, read_ndjson
from simulator.replay.records import BadRow

READING = {"sensor_id": "S", "sensor_type": "temperature", "location": "L", "value": 21.5, "unit": "Celsius"}


@pytest.mark.parametrize("timestamp", ["2026-03-01T12:00:00Z", 1772366400000])
def test_a_time_is_rfc_3339_or_milliseconds(tmp_path: Path, timestamp: object) -> None:
    file = tmp_path / "readings.json"
    file.write_text(json.dumps([READING | {"timestamp": timestamp}]))
    (reading,) = read_json(file)
    assert isinstance(reading, Reading)
    assert reading.timestamp == datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_line_that_is_no_reading_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    file = tmp_path / "readings.ndjson"
    lines = [READING | {"timestamp": 1e300}, READING | {"timestamp": 1772366400000}]
    file.write_text("\n".join(json.dumps(line) for line in lines) + "\n{\n")
    bad, reading, broken = read_ndjson(file)
    assert isinstance(bad, BadRow)
    assert bad.place == "line 1"
    assert "in no calendar" in bad.reason
    assert isinstance(reading, Reading)
    assert isinstance(broken, BadRow)
