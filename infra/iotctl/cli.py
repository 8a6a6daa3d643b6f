"""The commands. Each hands its arguments to the module that does the work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from iotctl import keys, promises
from iotctl.errors import IotctlError
from iotctl.kafka_tools import commands as kafka_tools
from iotctl.paths import BIN
from iotctl.stack import alone, load

if TYPE_CHECKING:
    from iotctl.supervisor import Supervisor

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)
app.add_typer(keys.app, name="keys")
kafka_tools.register(app)
promises.register(app)
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
    from iotctl.addresses import address_table
    from iotctl.programs import COMPONENTS, PROGRAMS
    from iotctl.up import Up

    if only not in ("", "infra"):
        raise IotctlError("up", f"--only {only} is unknown", "leave it out, or say --only infra")
    _require_native_runtime()
    stack = load()
    with alone():
        Up(stack, console, only_infra=only == "infra").run()
    console.print(address_table(stack.settings, COMPONENTS if only else PROGRAMS))


@app.command()
def down() -> None:
    """Stop a stack; its data stay."""
    from iotctl.down import stop_all

    with alone():
        stop_all(load(), console)
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
    from iotctl import logs as module

    path = module.log_of(load().settings.state, service)
    if follow:
        module.follow(path, lines)
    print(module.tail(path, lines))


@app.command()
def restart(service: Annotated[str, typer.Argument(envvar="SERVICE", help="A program's name.")]) -> None:
    """Restart one program of a running stack."""
    daemon = _supervisor_of(service, "restart")
    daemon.stop(service)
    daemon.start(service)


@app.command()
def stop(service: Annotated[str, typer.Argument(envvar="SERVICE", help="A program's name.")]) -> None:
    """Stop one program of a running stack."""
    _supervisor_of(service, "stop").stop(service)


@app.command()
def start(service: Annotated[str, typer.Argument(envvar="SERVICE", help="A program's name.")]) -> None:
    """Start one program of a running stack."""
    _supervisor_of(service, "start").start(service)


@app.command()
def reset(yes: Annotated[bool, typer.Option("--yes", envvar="YES", help="Do not ask.")] = False) -> None:
    """Stop a stack and delete its data."""
    from iotctl.reset import reset as work

    stack = load()
    if not yes and not typer.confirm(f"Delete all data of the stack in {stack.settings.state.root}?"):
        raise typer.Exit(1)
    with alone():
        work(stack, console)
    console.print("the data are deleted; make up starts anew")


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

    raise typer.Exit(module.make(check))


@app.command()
def bench(
    name: Annotated[str, typer.Argument(help="freshness, live, idle, ingest, single, overload, telegraf or compare.")],
) -> None:
    """Measure: a table, then one line of JSON. Those of ingest need no running stack."""
    from iotctl import bench as module

    raise typer.Exit(module.run(load(), console, name))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def replay(
    context: typer.Context,
    file: Annotated[str, typer.Argument(envvar="FILE", help="A CSV of timestamp,value.")],
) -> None:
    """Post a CSV file through the whole pipeline as one sensor (more arguments go to `simulator replay`)."""
    stack = load()
    command = [str(BIN / "simulator"), "replay", file, *context.args]
    if not (BIN / "simulator").exists():
        raise IotctlError("replay", "the simulator is not installed", "make up")
    raise typer.Exit(subprocess.run(command, env={**os.environ, **stack.environment}).returncode)


@app.command()
def lock(upgrade: Annotated[bool, typer.Option(help="To the newest versions that are allowed.")] = False) -> None:
    """For maintainers: resolve all pins again."""
    from iotctl.lock import lock as work
    from iotctl.steps import Steps

    with Steps(console) as steps:
        work(steps, upgrade)


def _supervisor_of(service: str, command: str) -> Supervisor:
    from iotctl.programs import BY_NAME
    from iotctl.supervisor import Supervisor

    daemon = Supervisor(load().settings.state)
    if service not in BY_NAME or not daemon.is_running():
        raise IotctlError(command, f"{service} is not a program of a running stack", "make status")
    return daemon


def _require_native_runtime() -> None:
    runtime = os.environ.get("RUNTIME") or "native"
    if runtime != "native":
        raise IotctlError("up", f"RUNTIME={runtime} does not exist yet", "leave RUNTIME out, or say RUNTIME=native")


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
