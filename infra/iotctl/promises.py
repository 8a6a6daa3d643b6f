"""The command lines that ask whether a stack does what it promises: audit, doctor, self-test, test-crash."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console

from iotctl.errors import IotctlError

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
console = Console(width=None if sys.stdout.isatty() else 140)
to_stderr = Console(stderr=True)


def register(app: typer.Typer) -> None:
    """Add these commands to iotctl."""
    app.command()(audit)


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
    from iotctl.stack import load

    scope = Scope(_time("--from", since), _time("--to", until), wait)
    report = run(load(), scope, to_stderr)
    if as_json:
        print(json.dumps(report))
    else:
        show(report, console, limit)
    raise typer.Exit(1 if report["violations"] else 0)


def _time(option: str, text: str) -> datetime | None:
    from iotctl.kafka_tools.starting_point import AtTime, Beginning, Latest, parse_starting_point

    try:
        point = parse_starting_point(text or "beginning")
    except ValueError:
        point = Latest()
    if isinstance(point, AtTime):
        return point.time
    if isinstance(point, Beginning) and not text:
        return None
    raise IotctlError("audit", f"{option} {text} is no time", "write it as 2026-03-01T12:00:00Z")
