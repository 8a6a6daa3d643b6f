"""The registry of components, and what supervisord and the settings make of it."""

import configparser
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from components.component import Host
from components.postgres_layout import PostgresLayout
from components.registry import ALL, SERVICES, needed_by
from runtimes.native import programs_conf as conf
from runtimes.native.programs_conf import programs_conf
from stack.settings import load


def sections() -> dict[str, dict[str, str]]:
    parser = configparser.RawConfigParser(interpolation=None)
    host = Host(load({}), PostgresLayout(Path("/pg/bin"), Path("/pg/conf"), Path("/pg/data"), "iot-postgres"), "me")
    parser.read_string(programs_conf(ALL, host))
    return {name.removeprefix("program:"): dict(parser[name]) for name in parser.sections()}


def test_every_program_has_its_supervisor_section() -> None:
    assert sections().keys() == {program.name for program in ALL}


def test_every_program_is_restarted_and_leaves_no_child_behind() -> None:
    for name, section in sections().items():
        assert section["autorestart"] == "true", name
        assert section["killasgroup"] == "true", name
        assert section["autostart"] == "false", name


def test_services_run_their_module_from_their_own_environment() -> None:
    for service in SERVICES:
        command = sections()[service.name]["command"]
        assert f'venvs/{service.name}/bin/python" "-m" "{service.module}"' in command


def test_a_program_with_a_user_of_its_own_runs_as_that_user() -> None:
    assert sections()["postgres"]["user"] == "iot-postgres"
    assert "user" not in sections()["kafka"]


def test_every_port_of_a_program_has_a_default() -> None:
    ports = load({}).ports
    assert {f"{name}_PORT" for program in ALL for name in program.ports} == set(ports)


def test_the_needs_can_be_met_in_both_directions() -> None:
    names = {program.name for program in ALL}
    for needs in ({p.name: p.needs for p in ALL}, {p.name: needed_by(p.name) for p in ALL}):
        assert set(TopologicalSorter(needs).static_order()) == names
    assert "metastore" in needed_by("postgres")


def test_supervisord_itself_stops_a_program_before_what_it_needs() -> None:
    priority = {name: int(section["priority"]) for name, section in sections().items()}
    for program in ALL:
        assert all(priority[program.name] > priority[needed] for needed in program.needs), program.name


def test_a_percent_sign_in_the_project_path_is_a_percent_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conf, "_RUN", Path("/srv/50%/run"))
    environment = {"ENV_POSTGRES_CONFIG_DIR": "/srv/50%/postgres"}
    commands = {name: section["command"] % environment for name, section in sections().items()}
    assert commands["kafka"].startswith('"/srv/50%/run" kafka ')
    assert commands["postgres"] == '"/srv/50%/postgres/start"'
