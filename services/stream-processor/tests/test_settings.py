from pathlib import Path

import pytest
from pydantic import ValidationError

from service_kit.describe import describe
from stream_processor.settings import Settings


def test_addresses_of_the_stack_have_no_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "broker:1")
    monkeypatch.setenv("STREAM_PROCESSOR_HDFS_URI", "hdfs://other")
    monkeypatch.setenv("METASTORE_URI", "thrift://metastore:1")
    monkeypatch.setenv("SENSOR_TYPES_FILE", "types.json")
    monkeypatch.setenv("STREAM_PROCESSOR_TRIGGER_INTERVAL_S", "0.5")
    settings = Settings()
    assert (settings.kafka_bootstrap_servers, settings.hdfs_uri) == ("broker:1", "hdfs://other")
    assert (settings.metastore_uri, settings.sensor_types_file) == ("thrift://metastore:1", Path("types.json"))
    assert settings.trigger_interval_s == 0.5


def test_tables_and_checkpoint_lie_in_one_folder_of_hdfs() -> None:
    settings = Settings(hdfs_uri="hdfs://namenode:9000/")
    assert settings.warehouse == "hdfs://namenode:9000/iot-data"
    assert settings.checkpoint_location == "hdfs://namenode:9000/iot-data/checkpoints/readings"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("trigger_interval_s", 0),
        ("max_offsets_per_trigger", 0),
        ("compaction_min_input_files", 1),
        ("min_snapshots", 0),
        ("driver_memory_mb", 128),
    ],
)
def test_a_value_that_cannot_work_is_refused(name: str, value: float) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings.model_validate({name: value})


def test_a_variable_without_a_value_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = [name for setting in describe(Settings) for name in setting.variable.split(" or ")]
    for name in variables:
        monkeypatch.delenv(name, raising=False)
    default = Settings()
    for name in variables:
        monkeypatch.setenv(name, "")
    assert Settings() == default
