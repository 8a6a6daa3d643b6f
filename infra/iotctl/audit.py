"""`iotctl audit`: are the platform's promises kept on the running stack? What is found is in `infra/invariants`."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from install import venvs
from iotctl.checks import AUDIT_VENV, install
from runtimes.protocol import Runtime
from stack import secrets
from stack.errors import IotctlError
from stack.lock import alone
from stack.paths import INFRA, PROJECT, venv_python
from stack.settings import Settings
from stack.steps import Steps

Document = dict[str, Any]


@dataclass(frozen=True)
class Scope:
    """Which messages, by when they came; how long the table may take to hold them."""

    since: datetime | None = None
    until: datetime | None = None
    wait_s: float = 0.0


def run(runtime: Runtime, scope: Scope, progress: Console) -> Document:
    """Audit the running stack and return the report: `accounts`, `violations`, `notes`.

    Raises IotctlError when Kafka, the tables or query-api could not be asked.
    """
    if not venvs.is_installed(venvs.service_venv(AUDIT_VENV)):
        with alone(), Steps(progress) as steps:
            install((AUDIT_VENV,), steps)
    if not runtime.states():
        raise IotctlError("audit", "the stack is down", "make up")
    with tempfile.TemporaryDirectory(prefix="audit-", dir=runtime.settings.state.run) as folder:
        arguments = _arguments(runtime.settings, scope, Path(folder))
        command = [str(venv_python(AUDIT_VENV)), "-P", "-m", "audit", *arguments]
        with subprocess.Popen(command, env=_environment(runtime), stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            report = follow(process.stdout, progress)
    if "accounts" not in report:
        failed = report.get("failed", {"part": "audit", "why": f"ended with {process.returncode}; see the lines above"})
        raise IotctlError(failed["part"], failed["why"], "make doctor says what is wrong with the stack")
    return report


def _arguments(settings: Settings, scope: Scope, folder: Path) -> list[str]:
    words = {
        "kafka": settings.kafka,
        "metastore": settings.metastore_uri,
        "hdfs": settings.hdfs_uri,
        "query-api": settings.url("QUERY_API"),
        "folder": str(folder),
        "wait-s": str(scope.wait_s),
    }
    for name, time in (("from-ms", scope.since), ("to-ms", scope.until)):
        if time is not None:
            words[name] = str(int(time.timestamp() * 1000))
    return [word for name, value in words.items() for word in (f"--{name}", value)]


def _environment(runtime: Runtime) -> dict[str, str]:
    path = os.pathsep.join(map(str, (INFRA, PROJECT / "contracts" / "src", PROJECT / "domain" / "src")))
    key = secrets.own_api_key(runtime.settings.state)
    return {**os.environ, "PYTHONPATH": path, "HADOOP_USER_NAME": runtime.hdfs_user, "API_KEY": key}


def follow(lines: Iterable[str], console: Console) -> Document:
    """Show the progress and return the report that the audit's process prints."""
    report: Document = {"notes": []}
    columns = (TextColumn("{task.description}"), BarColumn(24), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        tasks: dict[str, Any] = {}
        for line in lines:
            document = json.loads(line)
            if "progress" in document:
                step, done, total = document["progress"].values()
                if step not in tasks:
                    tasks[step] = progress.add_task(f"reading {step}")
                progress.update(tasks[step], completed=done, total=total)
            elif "note" in document:
                report["notes"].append(document["note"])
            else:
                report |= document
    return report


def show(report: Document, console: Console, limit: int) -> None:
    """Print the accounts, then each violation with its examples, at most `limit` of one kind."""
    for note in report["notes"]:
        console.print(escape(note), style="yellow", highlight=False, soft_wrap=True)
    console.print(_table_of(report["accounts"]))
    for violation in report["violations"]:
        console.print(
            f"[red]✗ {violation['kind']}[/] {violation['count']:,}: {escape(violation['detail'])} "
            f"[dim]({escape(violation['invariant'])})[/]",
            highlight=False,
            soft_wrap=True,
        )
        for example in violation["examples"][:limit]:
            console.print(f"    {escape(example)}", highlight=False, soft_wrap=True)
        shown = min(limit, len(violation["examples"]))
        if 0 < shown < violation["count"]:
            console.print(f"    … and {violation['count'] - shown:,} more")
    if not report["violations"]:
        console.print("[green]every promise is kept[/]: nothing lost, doubled or late")


def _table_of(accounts: list[Document]) -> Table:
    table = Table(header_style="bold", show_footer=True)
    table.add_column("partition", "all")
    names = ("received", "stored", "duplicate", "rejected", "in_flight")
    table.add_column("offsets", "", justify="right")
    for name in names:
        table.add_column(name.replace("_", " "), f"{sum(one[name] for one in accounts):,}", justify="right")
    for one in accounts:
        table.add_row(
            str(one["partition"]), f"{one['first']:,} – {one['last']:,}", *(f"{one[name]:,}" for name in names)
        )
    return table
