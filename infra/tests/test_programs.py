"""Programs, their supervisor sections and their ports say the same."""

import configparser

from iotctl import graph
from iotctl.graph import Task
from iotctl.paths import INFRA
from iotctl.programs import PROGRAMS, SERVICES, needed_by
from iotctl.settings import load


def sections() -> dict[str, dict[str, str]]:
    parser = configparser.RawConfigParser(interpolation=None)
    parser.read(INFRA / "supervisor" / f"{name}.conf" for name in ("components", "services"))
    return {name.removeprefix("program:"): dict(parser[name]) for name in parser.sections()}


def test_every_program_has_its_supervisor_section() -> None:
    assert sections().keys() == {program.name for program in PROGRAMS}


def test_every_program_is_restarted_and_leaves_no_child_behind() -> None:
    for name, section in sections().items():
        assert section["autorestart"] == "true", name
        assert section["killasgroup"] == "true", name
        assert section["autostart"] == "false", name


def test_services_run_their_module_from_their_own_environment() -> None:
    for service in SERVICES:
        command = sections()[service.name]["command"]
        assert f'venvs/{service.name}/bin/python" -m {service.module}' in command


def test_every_port_of_a_program_has_a_default() -> None:
    ports = load({}).ports
    assert {f"{name}_PORT" for program in PROGRAMS for name in program.ports} == set(ports)


def test_the_needs_can_be_met_in_both_directions() -> None:
    graph.check(Task(program.name, lambda: None, program.needs) for program in PROGRAMS)
    graph.check(Task(program.name, lambda: None, needed_by(program.name)) for program in PROGRAMS)
    assert "metastore" in needed_by("postgres")
