"""compose.yaml and the files that add to it say of each program what the registry says, and keep our rules."""

import re
from functools import cache
from typing import Any

import pytest
import yaml

from components.registry import ALL, PROGRAMS
from runtimes.compose.engine import FILE
from runtimes.compose.runtime import compose_environment
from stack.paths import PROJECT
from stack.settings import load

ONCE = {"secrets", "metastore-tables", "topics-and-folders", "api-keys", "tables-for-thrift", "tables-for-trino"}
FILES = sorted({FILE.parent / program.compose_file for program in ALL})
MEMORY_OF_THE_README_GIB = 6


@cache
def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for file in FILES:
        for name, service in yaml.safe_load(file.read_text())["services"].items():
            assert name not in found, f"{file.name} has {name} again: Compose adds lists of both together"
            found[name] = service
    return found


NAMES = [program.name for program in ALL]


def test_every_program_is_a_container_and_nothing_else_is_but_what_runs_once() -> None:
    assert set(services()) == set(NAMES) | ONCE


@pytest.mark.parametrize("name", [*NAMES, *sorted(ONCE)])
def test_every_container_has_no_more_rights_than_it_needs(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {"mem_limit", "pids_limit", "logging"} <= service.keys()
    assert "container_name" not in service
    assert not [volume for volume in service.get("volumes", ()) if volume.startswith((".", "/", "~"))]


@pytest.mark.parametrize("name", NAMES)
def test_every_program_is_started_again_and_what_runs_once_is_not(name: str) -> None:
    assert services()[name]["restart"] == "unless-stopped"
    assert all(services()[once]["restart"] == "no" for once in ONCE)


def test_the_memory_limits_add_up_to_what_the_readme_asks_for() -> None:
    units = {"m": 1, "g": 1024}
    limits = (services()[program.name]["mem_limit"] for program in PROGRAMS)
    total_mib = sum(int(limit[:-1]) * units[limit[-1]] for limit in limits)
    assert total_mib <= MEMORY_OF_THE_README_GIB * 1024
    assert f"{MEMORY_OF_THE_README_GIB} GiB of memory" in (PROJECT / "README.md").read_text()


def test_every_port_is_published_on_loopback_alone() -> None:
    for name, service in services().items():
        for port in service.get("ports", ()):
            assert port.startswith(("${BIND_HOST:-127.0.0.1}:", "${NAMENODE_LOOPBACK:-127.0.0.2}:")), (name, port)


def test_what_compose_takes_from_its_environment_is_told_and_its_defaults_are_those_of_the_env_file() -> None:
    told = compose_environment(load({}))
    for name, default in re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", "".join(file.read_text() for file in FILES)):
        if name not in ("IOT_IMAGES", "IOT_TAG", "REVISION", "IOT_PROJECT"):
            assert told[name] == default, name


def test_a_service_waits_for_what_it_needs() -> None:
    def needed(name: str) -> set[str]:
        direct = services()[name].get("depends_on", {})
        return {*direct, *(more for one in direct for more in needed(one))}

    for program in ALL:
        expected = set(program.needs) - ({"postgres"} if program.name == "query-api" else set())
        assert expected <= needed(program.name), program.name


def test_compose_by_itself_has_the_ports_of_the_one_env_file() -> None:
    """Docker Compose reads the `.env` beside its file; a copy would say something else one day."""
    assert (FILE.parent / ".env").resolve() == (PROJECT / ".env").resolve()
