"""The commands. Each hands its arguments to the module that does the work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from typer.main import get_command

from components.registry import BY_NAME, OPTIONAL, THRIFT
from components.simulator import key_file
from components.trino import TRINO
from iotctl import analysis_commands, keys, people, promises, results, rules, shells, sql
from iotctl.kafka_tools import commands as kafka_tools
from iotctl.watch import watch
from runtimes.choice import choose_extras, load, remember
from runtimes.protocol import Runtime
from stack.errors import IotctlError
from stack.lock import alone
from stack.paths import BIN, LOCAL
from stack.steps import Steps

LOGS = (*BY_NAME, "supervisord")

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)
app.add_typer(keys.app, name="keys")
app.add_typer(rules.app, name="rules")
app.add_typer(people.alerts, name="alerts")
app.add_typer(people.sensors, name="sensors")
sql.register(app)
kafka_tools.register(app)
promises.register(app)
analysis_commands.register(app)
shells.register(app)
app.command()(watch)
results.register(app)
# In a file or a pipe there is no width to keep to.
console = Console(width=None if sys.stdout.isatty() else 140)
errors = Console(stderr=True)


@app.callback()
def _settle() -> None:
    # What is made here must be readable by the server's own user, whatever the person's umask.
    os.umask(0o022)


@app.command()
def up(
    only: Annotated[str, typer.Option(envvar="ONLY", help="infra: only the components, none of our services.")] = "",
) -> None:
    """Install, initialise and start a stack, and wait until it is ready."""
    from install.venvs import link_iotctl
    from iotctl.addresses import address_table

    if only not in ("", "infra"):
        raise IotctlError("up", f"--only {only} is unknown", "leave it out, or say --only infra")
    runtime = load()
    with alone():
        remember(runtime)
        link_iotctl()
        runtime.up(console, only_infra=only == "infra")
    shown = (program for program in runtime.programs if program.kind == "component" or not only)
    console.print(address_table(runtime.settings, shown))


@app.command()
def down() -> None:
    """Stop a stack; its data stay."""
    with alone():
        load().down(console)
    console.print("the stack is down")


@app.command()
def status(
    seconds: Annotated[float, typer.Option(envvar="SECONDS", help="Measure CPU over so many seconds.")] = 5.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show state, CPU and memory of every program; exit code 0 only when all is running and ready."""
    from iotctl import status as module

    taken = module.take(load(), seconds)
    if as_json:
        print(json.dumps(taken.as_json()))
    else:
        console.print(module.table_of(taken, seconds))
    raise typer.Exit(0 if taken.is_healthy else 1)


@app.command()
def logs(
    service: Annotated[str, typer.Argument(envvar="SERVICE", help="A program's name.")],
    follow: Annotated[bool, typer.Option("--follow", "-f", envvar="FOLLOW", help="Go on until interrupted.")] = False,
    lines: Annotated[int, typer.Option(help="How many lines from the end.")] = 200,
) -> None:
    """Show the log of one program."""
    runtime = load()
    if service not in LOGS:
        raise IotctlError("logs", f"there is no program {service!r}", f"choose one of: {', '.join(LOGS)}")
    if follow:
        runtime.follow_log(service, lines)
    print(runtime.log_tail(service, lines))


@app.command()
def restart(service: Annotated[str, typer.Argument(envvar="SERVICE", help="A program's name.")]) -> None:
    """Restart one program of a running stack."""
    runtime = _running(service, "restart")
    runtime.stop(service)
    runtime.start(service)


@app.command()
def stop(service: Annotated[str, typer.Argument(envvar="SERVICE", help="A program's name.")]) -> None:
    """Stop one program of a running stack."""
    _running(service, "stop").stop(service)


@app.command()
def start(service: Annotated[str, typer.Argument(envvar="SERVICE", help="A program's name.")]) -> None:
    """Start one program of a running stack."""
    _running(service, "start").start(service)


@app.command()
def reset(yes: Annotated[bool, typer.Option("--yes", envvar="YES", help="Do not ask.")] = False) -> None:
    """Stop a stack and delete its data."""
    from iotctl.reset import reset as work

    runtime = load()
    if not yes and not typer.confirm(f"Delete all data of the stack in {runtime.settings.state.root}?"):
        raise typer.Exit(1)
    with alone():
        work(runtime, console)
    console.print("the data are deleted; make up starts anew")


@app.command()
def images() -> None:
    """Build the images, those of WITH= too; print size and time of each, and write what is in it to .local/images."""
    from install import parts
    from runtimes.compose.images import build, table_of
    from runtimes.compose.runtime import ComposeRuntime
    from stack.settings import load as load_settings

    extras = choose_extras(os.environ.get("WITH", ""), "")
    with alone(), Steps(console) as steps:
        parts.install("images", steps)
        built = build(ComposeRuntime.of(load_settings(), extras).compose, LOCAL / "images", steps)
    console.print(table_of(built))


@app.command()
def backup(file: Annotated[Path, typer.Argument(envvar="FILE", help="The file to write, a tar archive.")]) -> None:
    """Write everything that the stack keeps into one file; a running stack is stopped for it and started again."""
    from iotctl.backup import backup as work

    with alone():
        work(load(), file, console)


@app.command()
def restore(file: Annotated[Path, typer.Argument(envvar="FILE", help="What backup wrote.")]) -> None:
    """Put a backup into an empty state folder, of the same runtime or another one; up starts the stack from it."""
    from iotctl.backup import restore as work

    with alone():
        work(load(), file, console)
    console.print("restored; make up starts it")


@app.command("test")
def run_tests(
    only: Annotated[
        str,
        typer.Argument(envvar="ONLY", help="Run the checks whose name contains this; `unit`: those without a stack."),
    ] = "",
) -> None:
    """Run the tests of every package, then those that cross services."""
    from iotctl import checks

    raise typer.Exit(checks.run(console, checks.test_suite(), only))


@app.command("lint")
def run_lint(
    only: Annotated[str, typer.Argument(envvar="ONLY", help="Run the checks whose name contains this.")] = "",
) -> None:
    """Run ruff, mypy, the import rules and the checks of links and generated documents."""
    from iotctl import checks

    raise typer.Exit(checks.run(console, checks.lint_suite(), only))


@app.command()
def docs(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit code 1 when a document is stale.")
    ] = False,
) -> None:
    """Write the generated documents: settings, metrics, commands, topics, schemas, OpenAPI."""
    from iotctl import docs as module

    raise typer.Exit(module.make(check, get_command(app)))


@app.command()
def bench(
    name: Annotated[
        str,
        typer.Argument(
            help="alert, compare, detection, freshness, idle, ingest, live, overload, query, questions, single, stream "
            "or telegraf."
        ),
    ],
) -> None:
    """Measure: a table, then one line of JSON. Those of ingest need no running stack."""
    from iotctl import bench as module

    raise typer.Exit(module.run(load(), console, name))


@app.command()
def screenshots() -> None:
    """Take the README's pictures of a running stack's page; needs Chromium, and simulated readings to show."""
    from iotctl import screenshots as module

    raise typer.Exit(module.run(console))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def replay(
    context: typer.Context,
    file: Annotated[str, typer.Argument(envvar="FILE", help="A CSV of timestamp,value.")],
) -> None:
    """Post a CSV file through the whole pipeline as one sensor (more arguments go to `simulator replay`)."""
    from install import parts

    with alone(), Steps(console) as steps:
        parts.install("simulator", steps)  # a stack of containers does without it
    command = [str(BIN / "simulator"), "replay", file, *context.args]
    settings = load().settings
    environment = {**settings.service_settings, **key_file(settings), "INGEST_API_URL": settings.url("INGEST_API")}
    raise typer.Exit(subprocess.run(command, env={**os.environ, **environment}).returncode)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def beeline(context: typer.Context) -> None:
    """Ask the Thrift server in Spark's SQL: a shell, or -e 'SELECT …' (arguments go to Hive's beeline)."""
    _become_client("beeline", THRIFT, context.args)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def trino(context: typer.Context) -> None:
    """Ask Trino: a shell, or --execute 'SELECT …' (arguments go to Trino's command line)."""
    _become_client("trino", TRINO.name, context.args)


def _become_client(command: str, word: str, arguments: list[str]) -> None:
    runtime = load()
    program = OPTIONAL[word]
    if program not in runtime.programs:
        raise IotctlError(command, f"the stack has no {program.name}", f"make up WITH={word}")
    runtime.become_client(program, arguments)


@app.command()
def lock(upgrade: Annotated[bool, typer.Option(help="To the newest versions that are allowed.")] = False) -> None:
    """For maintainers: resolve all pins again."""
    from iotctl.lock import lock as work

    with Steps(console) as steps:
        work(steps, upgrade)


def _running(program: str, command: str) -> Runtime:
    runtime = load()
    if program not in (one.name for one in runtime.programs) or not runtime.states():
        raise IotctlError(command, f"{program} is not a program of a running stack", "make status")
    return runtime


def show(error: IotctlError) -> None:
    """Print which part failed, the end of its log, why, and what to do."""
    if error.log_tail:
        errors.print(escape(error.log_tail), style="dim", highlight=False, soft_wrap=True)
    errors.print(f"[red]✗ {error.part}[/]: {escape(error.why)}", highlight=False, soft_wrap=True)
    errors.print(f"  {escape(error.remedy)}", highlight=False, soft_wrap=True)


def main() -> None:
    """Run the command line; an error of ours ends it with its explanation instead of a traceback."""
    try:
        app(prog_name="iotctl")
    except IotctlError as error:
        show(error)
        sys.exit(1)
