"""The preflight names what is missing and its remedy."""

import os
import socket
from pathlib import Path

from components.postgres_layout import PostgresLayout
from components.registry import COMPONENTS, PROGRAMS
from runtimes import preflight
from stack.settings import load

GIB = preflight.GIB


def test_a_full_disk_is_named() -> None:
    (finding,) = preflight.check_disk(Path("/data"), 2 * GIB)
    assert finding.problem == "only 2.0 GiB are free at /data, 5 GiB are needed"
    assert preflight.check_disk(Path("/data"), 5 * GIB) == []


def test_a_small_machine_is_named() -> None:
    (finding,) = preflight.check_memory(4 * GIB)
    assert "4.0 GiB of memory" in finding.problem
    assert preflight.check_memory(6 * GIB) == []


def test_what_others_reach_without_a_key_is_named() -> None:
    outside = {"BIND_HOST": "192.0.2.1"}
    assert preflight.check_keys(load({}), PROGRAMS) == []
    assert preflight.check_keys(load(outside), COMPONENTS) == []
    assert preflight.check_keys(load(outside | {"AUTH": "on"}), PROGRAMS) == []
    (finding,) = preflight.check_keys(load(outside | {"INGEST_API_AUTH": "on"}), PROGRAMS)
    assert "192.0.2.1" in finding.problem
    assert "query-api" in finding.problem
    assert "ingest-api" not in finding.problem
    assert finding.remedy.startswith("AUTH=on make up")


def test_taken_ports_are_named_with_who_has_them() -> None:
    here = "127.0.0.1"
    ports = {"KAFKA_PORT": (here, 9092), "DASHBOARD_PORT": (here, 8000), "POSTGRES_PORT": (here, 5433)}
    holders = {(here, 9092): "java (pid 7)", (here, 8000): preflight.ANOTHER_USER}
    findings = preflight.check_ports(ports, lambda host, port: holders.get((host, port)))
    assert [finding.problem for finding in findings] == [
        "port 8000 (DASHBOARD_PORT) is taken by a process of another user",
        "port 9092 (KAFKA_PORT) is taken by java (pid 7)",
    ]
    assert "another DASHBOARD_PORT in .env" in findings[0].remedy


def test_a_listening_process_is_found_by_name_and_pid() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        holder = preflight.port_holder("127.0.0.1", server.getsockname()[1])
    assert holder is not None
    assert f"(pid {os.getpid()})" in holder


def test_a_port_that_was_closed_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert preflight.port_holder("127.0.0.1", port) is None


def test_root_without_a_way_to_make_users_is_told() -> None:
    place = PostgresLayout(Path("/b"), Path("/c"), Path("/d"), "iot-postgres")
    (finding,) = preflight.check_postgres_user(place, exists=False, can_make_users=False)
    assert "refuses to run as root" in finding.problem
    assert preflight.check_postgres_user(place, exists=False, can_make_users=True) == []
    assert preflight.check_postgres_user(place, exists=True, can_make_users=False) == []


def test_a_java_home_without_java_is_named(tmp_path: Path) -> None:
    (finding,) = preflight.check_java(tmp_path)
    assert str(tmp_path) in finding.problem
    assert preflight.check_java(None) == []


def test_free_space_of_a_folder_to_be_made_is_that_of_its_disk(tmp_path: Path) -> None:
    assert preflight.free_bytes(tmp_path / "not" / "yet") == preflight.free_bytes(tmp_path)
