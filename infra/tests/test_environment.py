"""What the programs of a stack are told."""

import re
import subprocess
from pathlib import Path

import pytest

from components.component import Host
from components.postgres_layout import PostgresLayout
from components.registry import SERVICES
from runtimes.native.environment import stack_environment
from stack.paths import BUNDLED_JAVA_HOME, INFRA
from stack.settings import load

LAYOUT = PostgresLayout(Path("/pg/bin"), Path("/pg/conf"), Path("/pg/data"), "iot-postgres")


def environment(**overrides: str) -> dict[str, str]:
    outer = {"HOME": "/home/me", "AWS_SECRET_ACCESS_KEY": "x", **overrides}
    return stack_environment(Host(load(overrides), LAYOUT, "me"), outer)


def test_addresses_carry_the_offset() -> None:
    told = environment(PORT_OFFSET="1000")
    assert told["KAFKA_BOOTSTRAP_SERVERS"] == "127.0.0.1:10092"
    assert told["HDFS_URI"] == "hdfs://127.0.0.2:10000"
    assert told["METASTORE_URI"] == "thrift://127.0.0.1:10083"
    assert told["INGEST_API_URL"] == "http://127.0.0.1:9001"
    assert told["INGEST_API_PORT"] == "9001"


def test_the_dashboard_is_told_of_the_simulator_unless_its_demo_is_not_wanted() -> None:
    assert environment(PORT_OFFSET="1000")["SIMULATOR_URL"] == "http://127.0.0.1:9004"
    assert environment(SIMULATOR_URL="")["SIMULATOR_URL"] == ""


def test_a_variable_without_a_value_says_nothing_to_a_service() -> None:
    for name in ("QUERY_API_URL", "INGEST_API_WORK_DIR", "DASHBOARD_HOST", "INGEST_API_AUTH"):
        assert environment(PORT_OFFSET="1000", **{name: ""}) == environment(PORT_OFFSET="1000")


def test_two_stacks_share_no_folder_and_no_port() -> None:
    first, second = environment(), environment(PORT_OFFSET="1000", STATE_DIR="/tmp/other")
    places = [name for name in first if name.endswith(("_DATA_DIR", "_PORT", "_WORK_DIR", "_CACHE_DIR", "_SOCKET"))]
    assert len(places) > 15
    # What is compiled is the project's, as what is installed.
    shared = ["POSTGRES_DATA_DIR", "NUMBA_CACHE_DIR"]
    assert sorted(name for name in places if first[name] == second[name]) == sorted(shared)


def test_the_person_s_own_environment_stays_outside() -> None:
    told = environment()
    assert told["HOME"] == "/home/me"
    assert "AWS_SECRET_ACCESS_KEY" not in told


def test_the_simulator_s_fleet_is_switched() -> None:
    assert environment(SIMULATOR="off")["SIMULATOR_AUTOSTART"] == "false"
    assert environment()["SIMULATOR_AUTOSTART"] == "true"


def test_a_service_s_setting_overrides_what_the_stack_would_say() -> None:
    assert environment(QUERY_API_CACHE_DIR="/fast/disk")["QUERY_API_CACHE_DIR"] == "/fast/disk"


def test_java_is_the_bundled_one_unless_chosen() -> None:
    assert environment()["IOT_JAVA_HOME"] == str(BUNDLED_JAVA_HOME)
    assert environment(IOT_JAVA_HOME="/opt/java")["IOT_JAVA_HOME"] == "/opt/java"


def test_postgres_runs_as_whoever_runs_the_stack_unless_that_is_root() -> None:
    assert environment()["POSTGRES_USER"] == "iot-postgres"
    layout = PostgresLayout(LAYOUT.bin_dir, LAYOUT.config_dir, LAYOUT.data_dir, None)
    ordinary = stack_environment(Host(load({}), layout, "me"), {})
    assert ordinary["POSTGRES_USER"] == "me"


def test_the_simulator_is_told_of_its_key_where_keys_are_asked_for() -> None:
    assert "SIMULATOR_API_KEY_FILE" not in environment()
    assert environment(INGEST_API_AUTH="on")["SIMULATOR_API_KEY_FILE"].endswith("/secrets/simulator-api-key")


def test_one_setting_asks_for_keys_at_every_service_and_a_service_s_own_goes_before() -> None:
    services = [program.setting_prefix for program in SERVICES]
    assert {environment(AUTH="on")[f"{service}_AUTH"] for service in services} == {"on"}
    assert {environment().get(f"{service}_AUTH") for service in services} == {None}
    told = environment(AUTH="on", QUERY_API_AUTH="off")
    assert (told["QUERY_API_AUTH"], told["DASHBOARD_AUTH"]) == ("off", "on")
    assert told["DASHBOARD_API_KEY_FILE"].endswith("/secrets/dashboard-api-key")
    assert told["DASHBOARD_SESSION_SECRET_FILE"].endswith("/secrets/dashboard-session")


@pytest.fixture
def java_home(tmp_path: Path) -> Path:
    """A Java that prints its environment instead of running anything."""
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\nenv\n")
    java.chmod(0o755)
    return tmp_path


def environment_of_the_jvm(script: Path, java_home: Path, **overrides: str) -> dict[str, str]:
    """What a start script hands to its JVM."""
    told = {**environment(**overrides), "IOT_JAVA_HOME": str(java_home)}
    printed = subprocess.run([script], env=told, stdout=subprocess.PIPE, text=True, check=True).stdout
    return dict(line.partition("=")[::2] for line in printed.splitlines())


KAFKA, NAMENODE, DATANODE = (
    INFRA / "kafka" / "start",
    INFRA / "hdfs" / "start-namenode",
    INFRA / "hdfs" / "start-datanode",
)


@pytest.mark.parametrize(("durability", "flush", "sync"), [("fsync", "1", "true"), ("os", str(2**63 - 1), "false")])
def test_with_fsync_kafka_and_hdfs_acknowledge_what_is_on_the_disk(
    java_home: Path, durability: str, flush: str, sync: str
) -> None:
    kafka = environment_of_the_jvm(KAFKA, java_home, DURABILITY=durability)
    datanode = environment_of_the_jvm(DATANODE, java_home, DURABILITY=durability)
    assert (kafka["KAFKA_FLUSH_INTERVAL_MESSAGES"], datanode["HDFS_SYNC_ON_CLOSE"]) == (flush, sync)


def test_a_broker_in_a_container_tells_clients_outside_another_address(java_home: Path) -> None:
    here = environment_of_the_jvm(KAFKA, java_home)
    assert here["KAFKA_ADVERTISED_LISTENERS"] == "PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093"
    told = {
        **environment(),
        "IOT_JAVA_HOME": str(java_home),
        "CONNECT_HOST": "kafka",
        "KAFKA_OUTSIDE": "127.0.0.1:9192",
    }
    printed = subprocess.run([KAFKA], env=told, stdout=subprocess.PIPE, text=True, check=True).stdout
    assert "PLAINTEXT://kafka:9092,CONTROLLER://kafka:9093,OUTSIDE://127.0.0.1:9192" in printed


@pytest.mark.parametrize(
    ("script", "file"),
    [
        (KAFKA, INFRA / "kafka" / "server.properties"),
        (NAMENODE, INFRA / "hdfs" / "hdfs-site.xml"),
        (DATANODE, INFRA / "hdfs" / "hdfs-site.xml"),
        (NAMENODE, INFRA / "hdfs" / "core-site.xml"),
    ],
)
def test_every_variable_that_a_configuration_file_reads_is_told(script: Path, file: Path, java_home: Path) -> None:
    told = environment_of_the_jvm(script, java_home)
    for name, default in re.findall(r"\$\{env[.:](\w+)(:-)?", file.read_text()):
        assert name in told or default, f"{file.name} reads {name}"
