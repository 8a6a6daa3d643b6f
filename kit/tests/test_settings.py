"""Settings come from the environment, where a variable without a value is no value."""

import pytest
from pydantic_settings import SettingsConfigDict

from service_kit.settings import ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="LAMP_")

    port: int = 8009
    file: str | None = None


def test_a_variable_without_a_value_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOST", "PORT", "LOG_LEVEL", "SHUTDOWN_TIMEOUT_S", "ALLOWED_HOSTS", "FILE"):
        monkeypatch.setenv(f"LAMP_{name}", "")
    assert Settings() == Settings.model_construct()


def test_a_setting_without_a_default_is_missing_when_its_variable_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "")
    with pytest.raises(ValueError, match="Field required"):
        ServiceSettings()  # type: ignore[call-arg]  # it has to come from the environment


def test_hosts_and_origins_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMP_ALLOWED_HOSTS", "ingest-api, iot.example.org ,")
    monkeypatch.setenv("LAMP_ALLOWED_ORIGINS", "https://a.example.org/, https://b.example.org")
    assert Settings().allowed_hosts == ("ingest-api", "iot.example.org")
    assert Settings().allowed_origins == ("https://a.example.org", "https://b.example.org")
    assert Settings.variable("allowed_hosts") == "LAMP_ALLOWED_HOSTS"
