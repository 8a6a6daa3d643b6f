import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulator.configuration import load_settings
from simulator.faults.kinds import Dropout, StuckAt

Simulator = Callable[..., subprocess.CompletedProcess[str]]


def answers(**given: str) -> str:
    """An empty line takes what is proposed."""
    names = ("count", "types", "places", "interval", "rate", "faults", "seed", "url", "buffered", "copy")
    return "".join(f"{given.get(name, '')}\n" for name in names)


def test_what_is_proposed_is_what_a_fleet_has_anyway(simulator: Simulator, tmp_path: Path, sink: Any) -> None:
    result = simulator("configure", "fleet.yaml", answers=answers())
    assert result.returncode == 0, result.stderr
    assert "simulator run --config fleet.yaml" in result.stdout
    assert load_settings(tmp_path / "fleet.yaml") == load_settings(None, {"ingest_api_url": sink.url})


def test_run_takes_the_file(simulator: Simulator, tmp_path: Path, sink: Any) -> None:
    given = answers(
        count="3",
        types="light",
        places="Roof, Yard",
        interval="50",
        rate="1",
        faults="stuck_at, dropout\n2\n0.5",
        copy="y",
    )
    assert simulator("configure", "new/fleet.yaml", answers=given).returncode == 0
    settings = load_settings(tmp_path / "new" / "fleet.yaml")
    assert settings.faults == (StuckAt(per_day=2), Dropout(rate=0.5))
    assert simulator("run", "--duration", "0.5", "--config", "new/fleet.yaml", "--quiet").returncode == 0
    readings = sink.readings
    assert {(r.sensor_id, r.sensor_type, r.location) for r in readings} == {
        ("SENSOR_001", "light", "Roof"),
        ("SENSOR_002", "light", "Yard"),
        ("SENSOR_003", "light", "Roof"),
    }
    assert 5 <= len(readings) <= 27
    assert all(reading.value > 1000 for reading in readings)
    assert len(list((tmp_path / "data").glob("iot_data_*.json"))) == 1


@pytest.mark.parametrize(
    ("name", "wrong", "right", "reason"),
    [
        ("count", "many", "3", "integer"),
        ("count", "0", "3", "greater than or equal to 1"),
        ("types", "temperature, wind", "humidity", "No sensor type 'wind'"),
        ("places", ",", "Roof", "at least one is needed"),
        ("places", "x" * 65, "Roof", "at most 64"),
        ("interval", "0", "100", "greater than 0"),
        ("rate", "1.5", "0.1", "less than or equal to 1"),
        ("faults", "flood", "none", "no fault is called flood"),
        ("faults", "spike\n7", "0.1", "less than or equal to 1"),
        ("seed", "x", "5", "integer"),
        ("url", "ingest:8001", "http://ingest:8001", "match pattern"),
        ("url", "http://ingest:port", "http://ingest:8001", "is not a valid URL"),
        ("buffered", "0", "5", "greater than or equal to 1"),
    ],
)
def test_an_answer_that_can_t_be_is_asked_for_again(
    simulator: Simulator, tmp_path: Path, name: str, wrong: str, right: str, reason: str
) -> None:
    result = simulator("configure", "fleet.yaml", answers=answers(**{name: f"{wrong}\n{right}"}))
    assert result.returncode == 0, result.stderr
    assert reason in result.stdout
    load_settings(tmp_path / "fleet.yaml")


def test_a_file_that_exists_is_replaced_only_when_that_is_wanted(simulator: Simulator, tmp_path: Path) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_text("seed: 9\n")
    assert simulator("configure", "fleet.yaml", answers="n\n" + answers()).returncode == 1
    assert file.read_text() == "seed: 9\n"
    assert simulator("configure", "fleet.yaml", answers="y\n" + answers(seed="4")).returncode == 0
    assert load_settings(file).seed == 4
    assert simulator("configure", "fleet.yaml", "--force", answers=answers(seed="5")).returncode == 0
    assert load_settings(file).seed == 5


def test_a_file_that_can_t_be_written_is_named(simulator: Simulator, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = simulator("configure", "file/fleet.yaml", answers=answers())
    assert (result.returncode, "can't be written" in result.stderr) == (1, True)
