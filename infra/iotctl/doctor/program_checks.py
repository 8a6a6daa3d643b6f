"""Does every program run, and is it ready? Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from components.registry import BY_NAME
from iotctl.doctor.facts import Facts, ProgramFact
from iotctl.doctor.findings import Finding, Severity

RESTARTS_TOO_MANY = 3


def check_programs(facts: Facts) -> list[Finding]:
    """A stack that is down is one finding; otherwise each program that is down, not ready, or ends again and again."""
    if not facts.is_up:
        return [Finding(Severity.BROKEN, "the stack is down", "make up"), *_ports(facts)]
    by_name = {program.name: program for program in facts.programs}
    found = [*_other_ports(facts), *_ports(facts)]
    for program in facts.programs:
        found += [*_state(program, by_name), *_restarts(program)]
    return found


def _other_ports(facts: Facts) -> Iterator[Finding]:
    """Who asks other ports than the stack has finds nothing there: that comes first."""
    ports = [name for name in facts.changed_settings if name.endswith("_PORT")]
    if ports:
        problem = f"the stack was started with other ports than are asked here ({', '.join(ports)})"
        remedy = "give the PORT_OFFSET (and the .env) that make up was given; make up restarts the stack with these"
        yield Finding(Severity.BROKEN, problem, remedy)


def _ports(facts: Facts) -> Iterator[Finding]:
    for program in facts.programs:
        for port, holder in program.port_holders.items():
            problem = f"port {port} of {program.name} is taken by {holder}"
            yield Finding(Severity.BROKEN, problem, "stop it, or run this stack with another PORT_OFFSET")


def _state(program: ProgramFact, by_name: Mapping[str, ProgramFact]) -> Iterator[Finding]:
    if program.state not in ("RUNNING", "STARTING"):
        remedy = f"make logs SERVICE={program.name} says why; then make start SERVICE={program.name}"
        yield Finding(Severity.BROKEN, f"{program.name} does not run ({program.state})", remedy)
    elif program.reason:
        waits_for = [name for name in BY_NAME[program.name].needs if _is_bad(by_name.get(name))]
        # What it needs is a finding of its own, and comes first.
        severity = Severity.DANGER if waits_for else Severity.BROKEN
        remedy = (
            f"it waits for {', '.join(waits_for)}: mend that first"
            if waits_for
            else f"docs/operations.md#what-readyz-says explains it; make logs SERVICE={program.name} has more"
        )
        yield Finding(severity, f"{program.name} is not ready: {program.reason}", remedy)


def _is_bad(program: ProgramFact | None) -> bool:
    return program is not None and (program.state != "RUNNING" or bool(program.reason))


def _restarts(program: ProgramFact) -> Iterator[Finding]:
    count = program.exits_in_the_last_hour
    if count:
        severity = Severity.DANGER if count >= RESTARTS_TOO_MANY else Severity.NOTE
        problem = f"{program.name} ended unexpectedly {count} times in the last hour and was started again"
        yield Finding(severity, problem, f"make logs SERVICE={program.name}; dmesg shows what the kernel killed")
