"""Settings: defaults in .env, overrides from the environment, ports with their offset."""

from pathlib import Path

import pytest

from stack.errors import IotctlError
from stack.paths import PROJECT
from stack.settings import load, parse_env_file, resolve

DEFAULTS = {
    "BIND_HOST": "127.0.0.1",
    "PORT_OFFSET": "0",
    "STATE_DIR": ".state",
    "SIMULATOR": "on",
    "AUTH": "off",
    "DURABILITY": "os",
    "HDFS_CHECKPOINT_INTERVAL_S": "3600",
    "KAFKA_PORT": "9092",
    "DASHBOARD_PORT": "8000",
}


def test_comments_and_blank_lines_of_an_env_file_are_left_out() -> None:
    assert parse_env_file("# A=1\n\nB = two \nC=x=y\n") == {"B": "two", "C": "x=y"}


def test_the_offset_moves_every_port() -> None:
    settings = resolve(DEFAULTS, {"PORT_OFFSET": "1000"})
    assert settings.ports == {"KAFKA_PORT": 10092, "DASHBOARD_PORT": 9000}
    assert settings.url("DASHBOARD") == "http://127.0.0.1:9000"


def test_an_empty_override_counts_as_none() -> None:
    assert resolve(DEFAULTS, {"KAFKA_PORT": ""}).port("KAFKA") == 9092


def test_an_offset_that_leaves_the_range_of_ports_is_refused() -> None:
    with pytest.raises(IotctlError, match="KAFKA_PORT is 69092"):
        resolve(DEFAULTS, {"PORT_OFFSET": "60000"})


def test_a_port_that_is_no_number_is_refused() -> None:
    with pytest.raises(IotctlError, match="KAFKA_PORT=http is not a number"):
        resolve(DEFAULTS, {"KAFKA_PORT": "http"})


def test_a_relative_state_folder_counts_from_the_project(tmp_path: Path) -> None:
    assert resolve(DEFAULTS, {}, project=tmp_path).state.root == tmp_path / ".state"
    assert resolve(DEFAULTS, {"STATE_DIR": "/elsewhere"}, project=tmp_path).state.root == Path("/elsewhere")


@pytest.mark.parametrize(("word", "expected"), [("on", True), ("off", False), ("OFF", False), ("1", True)])
def test_the_simulator_is_switched_by_word(word: str, expected: bool) -> None:
    assert resolve(DEFAULTS, {"SIMULATOR": word}).simulator_autostart is expected


def test_a_word_that_switches_nothing_is_refused() -> None:
    with pytest.raises(IotctlError, match="SIMULATOR=maybe"):
        resolve(DEFAULTS, {"SIMULATOR": "maybe"})


def test_the_machine_s_java_home_is_ignored_and_the_chosen_one_taken() -> None:
    assert resolve(DEFAULTS, {"JAVA_HOME": "/usr/lib/jvm/old"}).java_home is None
    assert resolve({**DEFAULTS, "JAVA_HOME": "/opt/java"}, {}).java_home == Path("/opt/java")
    assert resolve(DEFAULTS, {"IOT_JAVA_HOME": "/opt/other"}).java_home == Path("/opt/other")


def test_all_addresses_are_reachable_ones_when_everything_is_bound() -> None:
    assert resolve(DEFAULTS, {"BIND_HOST": "0.0.0.0"}).url("DASHBOARD") == "http://127.0.0.1:8000"


def test_a_service_s_own_settings_are_handed_on() -> None:
    settings = resolve({**DEFAULTS, "QUERY_API_CACHE_MAX_MB": "64"}, {"SIMULATOR_SENSOR_COUNT": "50", "OTHER": "1"})
    assert settings.service_settings == {"QUERY_API_CACHE_MAX_MB": "64", "SIMULATOR_SENSOR_COUNT": "50"}


def test_a_second_stack_beside_the_first_meets_none_of_its_addresses() -> None:
    def addresses(offset: str) -> set[tuple[str, int]]:
        settings = load({"PORT_OFFSET": offset})
        names = [name.removesuffix("_PORT") for name in settings.ports]
        return {(settings.bind_host_of(name), settings.port(name)) for name in names}

    assert addresses("0").isdisjoint(addresses("1000"))


def test_no_two_ports_of_the_committed_defaults_are_the_same() -> None:
    ports = load({}).ports
    assert len(set(ports.values())) == len(ports)
    assert parse_env_file((PROJECT / ".env").read_text())["BIND_HOST"] == "127.0.0.1"


def test_a_word_that_is_no_durability_is_refused() -> None:
    with pytest.raises(IotctlError, match="DURABILITY=sometimes is neither fsync nor os"):
        resolve(DEFAULTS, {"DURABILITY": "sometimes"})
