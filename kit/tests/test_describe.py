"""A service tells its settings as they are."""

import json
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, Field
from pydantic_settings import SettingsConfigDict

from service_kit import describe
from service_kit.describe import COMPUTED_DEFAULT, Setting
from service_kit.settings import ServiceSettings


class Fault(BaseModel):
    kind: Literal["spike"] = "spike"
    rate: float


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="LAMP_")

    port: int = Field(default=8009, ge=1, le=65535, description="Port to listen on.")
    brokers: str = Field(validation_alias="KAFKA_BOOTSTRAP_SERVERS", description="Brokers.")
    names: tuple[str, ...] = Field(default=("a", "b"), min_length=1, description="Names.")
    auth: Literal["off", "on"] = Field(default="off", description="Whether keys are asked for.")
    file: Path | None = Field(default=None, description="A file.")
    table: str = Field(default="iot.readings", pattern=r"^\w+$", description="A table.")
    faults: tuple[Fault, ...] = Field(default=(Fault(rate=0.05),), description="Faults.")
    workers: int = Field(default_factory=lambda: 2, description="Processes.")


@pytest.fixture
def settings() -> dict[str, Setting]:
    return {setting.variable: setting for setting in describe.describe(Settings)}


def test_the_variable_is_the_prefix_and_the_name_or_the_shared_name(settings: dict[str, Setting]) -> None:
    assert list(settings)[:7] == [
        *("LAMP_HOST", "LAMP_PORT", "LAMP_LOG_LEVEL", "LAMP_SHUTDOWN_TIMEOUT_S"),
        *("LAMP_ALLOWED_HOSTS", "LAMP_ALLOWED_ORIGINS", "KAFKA_BOOTSTRAP_SERVERS"),
    ]


def test_default_type_limits_and_description_are_told(settings: dict[str, Setting]) -> None:
    assert settings["LAMP_PORT"] == Setting(
        variable="LAMP_PORT",
        type="int",
        limits=("≥ 1", "≤ 65535"),
        default="8009",
        description="Port to listen on.",
    )
    assert settings["LAMP_TABLE"].limits == (r"matches `^\w+$`",)
    assert settings["LAMP_NAMES"].default == '["a","b"]'
    assert settings["LAMP_AUTH"].type == "off or on"
    assert (settings["LAMP_NAMES"].type, settings["LAMP_FAULTS"].type) == ("list[str]", "json")
    assert settings["LAMP_FAULTS"].default == '[{"kind":"spike","rate":0.05}]'
    assert (settings["LAMP_FILE"].type, settings["LAMP_FILE"].default) == ("Path", "")


def test_a_setting_without_a_default_says_so_and_a_computed_one_too(settings: dict[str, Setting]) -> None:
    assert settings["KAFKA_BOOTSTRAP_SERVERS"].default is None
    assert settings["LAMP_WORKERS"].default == COMPUTED_DEFAULT


def test_the_command_prints_the_settings_that_the_module_defines(capsys: pytest.CaptureFixture[str]) -> None:
    assert describe.settings_classes("service_kit.settings") == [ServiceSettings]
    assert describe.main(["service_kit"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert [setting["variable"] for setting in printed] == [
        *("HOST", "PORT", "LOG_LEVEL", "SHUTDOWN_TIMEOUT_S", "ALLOWED_HOSTS", "ALLOWED_ORIGINS"),
        *("KAFKA_BOOTSTRAP_SERVERS", "AUTH", "PUBLISHED_HOST", "RATE_LIMIT_SETS"),
    ]
