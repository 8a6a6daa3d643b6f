"""The command lines of the analyses: analyse, report, export."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from stack.errors import IotctlError

console = Console(width=None if sys.stdout.isatty() else 140)
From = Annotated[str, typer.Option("--from", envvar="FROM", help="First event time (RFC 3339; default: 30 days back).")]
To = Annotated[
    str, typer.Option("--to", envvar="TO", help="Event time to end before (RFC 3339; default: today 00:00).")
]
Master = Annotated[str, typer.Option("--master", help="Spark master; default: the stream processor's own.")]


class Format(StrEnum):
    """What a report can be."""

    HTML = "html"
    MARKDOWN = "md"
    PDF = "pdf"


class FileFormat(StrEnum):
    """What readings can be exported as."""

    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


class Language(StrEnum):
    """What a report can be written in."""

    ENGLISH = "en"
    FRENCH = "fr"


def register(app: typer.Typer) -> None:
    """Add these commands to iotctl."""
    app.command()(analyse)
    app.command()(report)
    app.command()(export)


def analyse(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Analyses; none means all.")] = None,
    since: From = "",
    until: To = "",
    master: Master = "",
) -> None:
    """Run the batch analyses over the stored readings; results go to iot.analysis_* and /iot-data/analytics."""
    from iotctl.analyse import analyse as work
    from runtimes.choice import load

    work(load(), console, names or [], period(since, until), master)


def report(
    since: From = "",
    until: To = "",
    format_: Annotated[Format, typer.Option("--format", help="What to write.")] = Format.HTML,
    language: Annotated[Language, typer.Option("--lang", help="Its language.")] = Language.ENGLISH,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file; default: report.FORMAT.")] = None,
    results: Annotated[
        Path | None, typer.Option("--results", help="Results of an earlier report (JSON) instead of a new run.")
    ] = None,
    master: Master = "",
) -> None:
    """Run all analyses and write a report of them for people: what happened, what is wrong, what to do first.

    The results stay beside the report as JSON; --results writes it again, in another format or language.
    """
    from iotctl.analyse import analyse as work
    from iotctl.report.write import write
    from runtimes.choice import load

    file = output or Path(f"report.{format_.value}")
    if results is None:
        results = file.with_suffix(".results.json")
        work(load(), console, [], period(since, until), master, results.resolve())
    write(json.loads(results.read_text()), file, format_.value, language.value)
    console.print(f"{file} written", highlight=False)


def export(
    target: Annotated[str, typer.Option("--target", help="Folder: hdfs:///iot-data/exports/NAME, or a local one.")],
    format_: Annotated[FileFormat, typer.Option("--format", help="What to write.")] = FileFormat.CSV,
    since: From = "",
    until: To = "",
    master: Master = "",
) -> None:
    """Write the stored readings as plain files, a folder a day; days that are complete are skipped."""
    from iotctl.analyse import export as work
    from runtimes.choice import load

    work(load(), console, period(since, until), format_.value, target, master)


def period(since: str, until: str) -> tuple[datetime, datetime]:
    """Event times from and to, of options. Raises IotctlError."""
    from iotctl.promises import parse_time

    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    end = parse_time("--to", until) or today
    start = parse_time("--from", since) or end - timedelta(days=30)
    if start >= end:
        raise IotctlError("analyse", f"--to {end.isoformat()} is not after --from", "name a later --to")
    return start, end
