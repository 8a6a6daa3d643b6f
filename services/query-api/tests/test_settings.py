"""Settings from the environment."""

import pytest

from query_api.settings import Settings
from service_kit.describe import describe


def test_shared_names_come_without_prefix_and_own_names_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HDFS_URI", "hdfs://nn:9000")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "k:9092")
    monkeypatch.setenv("METASTORE_URI", "thrift://m:9083")
    monkeypatch.setenv("QUERY_API_PORT", "9002")
    settings = Settings()
    assert (settings.hdfs_uri, settings.kafka_bootstrap_servers) == ("hdfs://nn:9000", "k:9092")
    assert (settings.metastore_uri, settings.port) == ("thrift://m:9083", 9002)


def test_every_setting_has_a_description() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_a_variable_without_a_value_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = [name for setting in describe(Settings) for name in setting.variable.split(" or ")]
    for name in variables:
        monkeypatch.delenv(name, raising=False)
    default = Settings()
    for name in variables:
        monkeypatch.setenv(name, "")
    assert Settings() == default
