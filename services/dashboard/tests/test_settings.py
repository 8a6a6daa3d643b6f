"""Settings come from the environment under documented names."""

import pytest

from dashboard.settings import Settings
from service_kit.describe import describe


def test_shared_names_have_no_prefix_and_own_names_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "kafka:1")
    monkeypatch.setenv("QUERY_API_URL", "http://query:2")
    monkeypatch.setenv("DASHBOARD_PORT", "9000")
    settings = Settings()
    assert settings.kafka_bootstrap_servers == "kafka:1"
    assert settings.query_api_url == "http://query:2"
    assert settings.port == 9000


def test_allowed_origins_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHBOARD_ALLOWED_ORIGINS", "https://a.example.org/, https://b.example.org")
    assert Settings().allowed_origins == ("https://a.example.org", "https://b.example.org")
    assert Settings(allowed_origins=()).allowed_origins == ()


def test_an_empty_address_of_the_simulator_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMULATOR_URL", "")
    assert Settings().simulator_url is None
    monkeypatch.setenv("SIMULATOR_URL", "http://simulator:8004")
    assert Settings().simulator_url == "http://simulator:8004"


def test_a_variable_without_a_value_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = [name for setting in describe(Settings) for name in setting.variable.split(" or ")]
    for name in variables:
        monkeypatch.delenv(name, raising=False)
    default = Settings()
    for name in variables:
        monkeypatch.setenv(name, "")
    assert Settings() == default
