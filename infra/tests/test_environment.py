"""What the programs of a stack are told."""

import re
from pathlib import Path

from iotctl.environment import stack_environment
from iotctl.paths import BUNDLED_JAVA_HOME, INFRA
from iotctl.postgres_place import PostgresPlace
from iotctl.settings import load

PLACE = PostgresPlace(Path("/pg/bin"), Path("/pg/conf"), Path("/pg/data"), "iot-postgres")


def environment(**overrides: str) -> dict[str, str]:
    outer = {"HOME": "/home/me", "AWS_SECRET_ACCESS_KEY": "x", **overrides}
    return stack_environment(load(overrides), PLACE, "me", outer)


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
    assert [name for name in places if first[name] == second[name]] == ["POSTGRES_DATA_DIR"]


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
    ordinary = stack_environment(
        load({}), PostgresPlace(PLACE.bin_dir, PLACE.config_dir, PLACE.data_dir, None), "me", {}
    )
    assert ordinary["POSTGRES_USER"] == "me"


def test_the_simulator_is_told_of_its_key_where_keys_are_asked_for() -> None:
    assert "SIMULATOR_API_KEY_FILE" not in environment()
    assert environment(INGEST_API_AUTH="on")["SIMULATOR_API_KEY_FILE"].endswith("/secrets/simulator-api-key")


def test_with_fsync_kafka_and_hdfs_acknowledge_what_is_on_the_disk() -> None:
    told = environment(DURABILITY="fsync")
    assert (told["KAFKA_FLUSH_INTERVAL_MESSAGES"], told["HDFS_SYNC_ON_CLOSE"]) == ("1", "true")


def test_without_it_the_operating_system_writes_when_it_likes() -> None:
    told = environment(DURABILITY="os")
    assert (told["KAFKA_FLUSH_INTERVAL_MESSAGES"], told["HDFS_SYNC_ON_CLOSE"]) == (str(2**63 - 1), "false")


def test_every_variable_that_a_configuration_file_reads_is_told() -> None:
    told = environment()
    for file in (
        INFRA / "kafka" / "server.properties",
        INFRA / "hdfs" / "hdfs-site.xml",
        INFRA / "hdfs" / "core-site.xml",
    ):
        for name in re.findall(r"\$\{env[.:](\w+)", file.read_text()):
            assert name in told, f"{file.name} reads {name}"
