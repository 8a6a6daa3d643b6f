from pathlib import Path

import pytest

from service_kit.describe import describe
from simulator.configuration import load_settings
from simulator.configure.yaml_file import render
from simulator.errors import ConfigurationError
from simulator.settings import Settings

EXAMPLE = Path(__file__).parents[1] / "examples" / "fleet.yaml"


def test_the_example_has_every_kind_of_fault_once() -> None:
    kinds = [fault.kind for fault in load_settings(EXAMPLE).all_faults]
    assert kinds == ["spike", "stuck_at", "drift", "noise_burst", "offline", "dropout", "late", "duplicate"]


def test_an_option_goes_before_the_file_and_the_file_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMULATOR_SEED", "2")
    monkeypatch.setenv("SIMULATOR_INTERVAL_MS", "500")
    path = tmp_path / "fleet.yaml"
    path.write_text(render({"seed": 3, "sensor_count": 30}))
    settings = load_settings(path, {"sensor_count": 40, "seed": None})
    assert (settings.seed, settings.sensor_count, settings.interval_ms) == (3, 40, 500)


@pytest.mark.parametrize(
    "text",
    [
        "sensors: 3",
        "- 1",
        "faults: [{kind: flood}]",
        "seed: [",
        "anomaly_rate: 2",
        "seed: 1\nseed: 2",
        "faults: [{kind: spike, kind: drift}]",
        "[" * 5000,
    ],
)
def test_a_file_that_is_wrong_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "fleet.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError):
        load_settings(path)


def test_a_variable_without_a_value_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = [name for setting in describe(Settings) for name in setting.variable.split(" or ")]
    for name in variables:
        monkeypatch.delenv(name, raising=False)
    default = Settings()
    for name in variables:
        monkeypatch.setenv(name, "")
    assert Settings() == default
