"""The command lines that ask whether a stack does what it promises: audit, doctor, self-test, test-crash."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console

from stack import secrets
from stack.errors import IotctlError

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
console = Console(width=None if sys.stdout.isatty() else 140)
to_stderr = Console(stderr=True)


def register(app: typer.Typer) -> None:
    """Add these commands to iotctl."""
    app.command()(audit)
    app.command()(doctor)
    app.command("self-test")(self_test)
    app.command("test-crash")(crash)


def audit(
    since: Annotated[str, typer.Option("--from", envvar="FROM", help="Only what came from then on (RFC 3339).")] = "",
    until: Annotated[str, typer.Option("--to", envvar="TO", help="Only what came before then (RFC 3339).")] = "",
    wait: Annotated[float, typer.Option(min=0, help="Seconds that the table may take to hold it all.")] = 0.0,
    limit: Annotated[int, typer.Option(min=0, max=100, help="Ids printed of each kind of violation.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Compare Kafka, the tables and query-api's answers; print what is lost, doubled or late; exit code 1 if any is.

    Late is what was not stored a minute after it came. What comes while the audit runs is in flight.
    """
    from iotctl.audit import Scope, run, show
    from runtimes.choice import load

    scope = Scope(parse_time("--from", since), parse_time("--to", until), wait)
    report = run(load(), scope, to_stderr)
    if as_json:
        print(json.dumps(report))
    else:
        show(report, console, limit)
    raise typer.Exit(1 if report["violations"] else 0)


def doctor(as_json: JsonOption = False) -> None:
    """Say what is wrong with a stack, worst first, each with its remedy; exit code 1 when something is broken."""
    from dataclasses import asdict

    from iotctl.doctor.diagnosis import diagnose, show
    from iotctl.doctor.findings import Severity
    from iotctl.doctor.gather import gather
    from runtimes.choice import load

    findings = diagnose(gather(load()))
    if as_json:
        print(json.dumps([{**asdict(finding), "severity": finding.severity.name.lower()} for finding in findings]))
    else:
        show(findings, console)
    raise typer.Exit(1 if any(finding.severity is Severity.BROKEN for finding in findings) else 0)


def self_test(
    api_key: Annotated[
        str,
        typer.Option(
            "--api-key", envvar="API_KEY", help="A key that may read and write, when keys are on. [iotctl's own]"
        ),
    ] = "",
) -> None:
    """Send one reading through the whole pipeline and print the time of each hop; exit code 1 when one fails.

    The reading is a normal temperature of sensor IOTCTL_SELF_TEST at location self-test, and stays.
    """
    from iotctl import status
    from iotctl.self_test.hops import likely_cause, table_of
    from iotctl.self_test.run import run
    from runtimes.choice import load

    runtime = load()
    passages = run(runtime.settings, api_key or secrets.own_api_key(runtime.settings.state))
    console.print(table_of(passages))
    failed = next((passage for passage in passages if passage.seconds is None), None)
    if failed is not None:
        reasons = {row.name: row.reason for row in status.take(runtime, 0).rows if row.reason}
        why = f"the reading did not pass: {failed.failure}"
        raise IotctlError(failed.hop.name, why, f"likely cause: {likely_cause(failed.hop, reasons)}")


def crash(
    rounds: Annotated[int, typer.Option(min=1, envvar="ROUNDS", help="How often each program is killed.")] = 3,
    only: Annotated[
        str, typer.Option(envvar="ONLY", help="Only these programs (part of a name, comma separated).")
    ] = "",
    seed: Annotated[
        int | None, typer.Option(envvar="SEED", help="Same seed, same strikes; otherwise a new one.")
    ] = None,
) -> None:
    """Kill (-9) and freeze every program of a stack of its own under load; audit it after each strike.

    Every time everything must be ready within 60 s, the audit clean, and no answer may have counted backwards or more
    than was sent. The exit code is 1 otherwise, and the stack's folder stays.
    """
    import random
    import subprocess

    from iotctl.checks import install, tests_environment
    from stack.lock import alone
    from stack.paths import INFRA, PROJECT, venv_python
    from stack.steps import Steps

    with alone(), Steps(console) as steps:
        install(("tests", "simulator"), steps)
    seed = random.randrange(1_000_000) if seed is None else seed
    words = ["--rounds", str(rounds), "--only", only, "--seed", str(seed)]
    environment = {**tests_environment(), "PYTHONPATH": f"{PROJECT / 'tests'}:{INFRA}"}
    command = [str(venv_python("tests")), "-P", "-m", "crash", *words]
    raise typer.Exit(subprocess.run(command, env=environment, cwd=PROJECT).returncode)


def parse_time(option: str, text: str) -> datetime | None:
    """Read a time in RFC 3339 (without an offset it is UTC); nothing is None. Raises IotctlError."""
    from iotctl.kafka_tools.starting_point import AtTime, StartingPoint, parse_starting_point

    if not text:
        return None
    point: StartingPoint | None = None
    with suppress(ValueError):
        point = parse_starting_point(text)
    if isinstance(point, AtTime):
        return point.time
    raise IotctlError("audit", f"{option} {text} is no time", "write it as 2026-03-01T12:00:00Z")
