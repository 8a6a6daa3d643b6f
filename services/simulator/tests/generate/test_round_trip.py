from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from iot_contracts.readings import Reading
from simulator.generate.service import Period, generate
from simulator.replay.file_reader import readings_of
from simulator.replay.sensors import ReplayedSensor
from simulator.runtime import build_measurements
from simulator.settings import Settings

START = datetime(2026, 3, 1, tzinfo=UTC)
PERIOD = Period(START, START + timedelta(minutes=5))


def written(path: Path) -> list[Reading]:
    measurements = build_measurements(Settings(sensor_count=20, anomaly_rate=0.05), reproducible_ids=True)
    done = generate(measurements, PERIOD, path, lambda _count: None)
    sensor = ReplayedSensor("X", "x", "x", "x")
    readings = [record for record in readings_of(path, sensor) if isinstance(record, Reading)]
    assert done.readings == len(readings) == 3000
    assert done.anomalies == sum(bool(reading.is_anomaly) for reading in readings)
    return readings


@pytest.mark.parametrize("ending", ["ndjson", "jsonl", "json", "csv", "parquet", "avro"])
def test_what_is_generated_is_read_back_the_same_in_every_format(tmp_path: Path, ending: str) -> None:
    readings = written(tmp_path / f"out.{ending}")
    assert readings == written(tmp_path / "again.ndjson")
    assert all(PERIOD.start <= reading.timestamp < PERIOD.end for reading in readings)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["again.ndjson", f"out.{ending}"])
