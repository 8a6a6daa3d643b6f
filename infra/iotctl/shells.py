"""`iotctl spark-shell`, `pyspark` and `notebook`: the analyses' session on the stack's tables, read-only."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import psutil
import typer
from rich.console import Console

from components.lake_reader import open_to_readers
from components.stream_processor import STREAM_PROCESSOR
from install import parts
from runtimes.protocol import Runtime
from stack.errors import IotctlError
from stack.paths import SERVICES, SPARK_HOME, THRIFT_GUARD, VENVS, venv_python
from stack.steps import Steps

NOTEBOOKS = SERVICES / STREAM_PROCESSOR.name / "notebooks"
ENVIRONMENT = "notebook"
ANY_FREE_PORT = 0
_MORE = {"allow_extra_args": True, "ignore_unknown_options": True}

console = Console()


def register(app: typer.Typer) -> None:
    """Add these commands to iotctl."""
    app.command("spark-shell", context_settings=_MORE)(spark_shell)
    app.command("pyspark", context_settings=_MORE)(pyspark)
    app.command("notebook")(notebook)


def spark_shell(context: typer.Context) -> None:
    """Open Spark's Scala shell on the tables, `spark.table("iot.readings")`; arguments go to spark-shell."""
    raise typer.Exit(_run_shell("spark-shell", context.args))


def pyspark(context: typer.Context) -> None:
    """Open Spark's Python shell on the tables, `spark.table("iot.readings")`; arguments go to pyspark."""
    raise typer.Exit(_run_shell("pyspark", context.args))


def notebook(
    folder: Annotated[
        Path | None, typer.Argument(help="The folder of notebooks to open; default: that of the worked one.")
    ] = None,
    run: Annotated[Path | None, typer.Option("--run", help="Run this notebook without a browser, and end.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Where --run writes; default: itself.")] = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Of loopback; 0: a free one.")] = ANY_FREE_PORT,
) -> None:
    """Open JupyterLab on the tables, on loopback and behind a token; the first time it is installed (400 MB)."""
    runtime = _runtime("notebook")
    with Steps(console) as steps:
        parts.install(ENVIRONMENT, steps)
    programs = VENVS / ENVIRONMENT / "bin"
    if run:
        # It runs in the notebook's folder and adds the ending itself.
        target = (output or run).resolve().with_suffix("")
        command: list[str | Path] = [programs / "jupyter", "execute", run.resolve(), f"--output={target}"]
    else:
        # A token is Jupyter's default, and new each time; it prints the address with it.
        server = ("--no-browser", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}")
        command = [programs / "jupyter", "lab", *server, f"--ServerApp.root_dir={(folder or NOTEBOOKS).resolve()}"]
    with session(runtime) as outer:
        # Workers and driver share one set of packages, pandas among them.
        python = str(venv_python(ENVIRONMENT))
        archives = sorted((SPARK_HOME / "python" / "lib").glob("*.zip"))
        # Jupyter finds the kernel of its own environment, whatever else is installed.
        jupyter = {
            "PYSPARK_PYTHON": python,
            "PYSPARK_DRIVER_PYTHON": python,
            "PYTHONPATH": ":".join(map(str, archives)),
        }
        raise typer.Exit(_wait(command, {**outer, **jupyter}))


@contextmanager
def session(runtime: Runtime) -> Iterator[dict[str, str]]:
    """Variables with which a Spark program has the analyses' session and only reads, until the block ends."""
    open_to_readers(runtime.settings.url("NAMENODE_HTTP"), runtime.hdfs_user)
    with tempfile.TemporaryDirectory(dir=runtime.settings.state.run, prefix="shell-") as folder:
        arguments = ("--work-dir", folder, "--guard", str(THRIFT_GUARD))
        job = runtime.job("stream_processor.analyses.shell_options", arguments)
        done = subprocess.run(job.command, env=job.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise IotctlError("shell", "the stream processor's settings cannot be read", "make status", done.stderr)
        (Path(folder) / "spark-defaults.conf").write_text(done.stdout)
        hadoop = job.environment["STREAM_PROCESSOR_HADOOP_CONF_DIR"]
        spark = {"SPARK_HOME": str(SPARK_HOME), "SPARK_CONF_DIR": folder, "HADOOP_CONF_DIR": hadoop}
        outer = {**os.environ, **job.environment, **spark}
        # It would win over the reader that the options name.
        outer.pop("HADOOP_USER_NAME", None)
        yield outer


def _run_shell(name: str, arguments: Sequence[str]) -> int:
    with session(_runtime(name)) as outer:
        # Statements from a pipe find the session too.
        return _wait([SPARK_HOME / "bin" / name, *arguments], {**outer, "PYSPARK_DRIVER_PYTHON_OPTS": "-i"})


def _runtime(command: str) -> Runtime:
    from runtimes.choice import load

    runtime = load()
    if not runtime.runs_what_is_installed:
        raise IotctlError(command, "works with RUNTIME=native", "start a stack of processes with another STATE_DIR")
    if not runtime.states():
        raise IotctlError(command, "the stack is down", "make up")
    with Steps(console) as steps:
        parts.install("thrift guard", steps)
    return runtime


def _wait(command: Sequence[str | Path], outer: Mapping[str, str]) -> int:
    """Run until it ends. Control-C is the program's, which ends a statement or asks; a TERM ends all of it."""
    with subprocess.Popen(["nice", "-n", "10", *command], env=outer) as process:
        signal.signal(signal.SIGTERM, lambda *_: _terminate(process.pid))
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue


def _terminate(pid: int) -> None:
    """End a program and what it started: a shell script does not hand a signal on to its JVM."""
    program = psutil.Process(pid)
    for one in (*program.children(recursive=True), program):
        with suppress(psutil.NoSuchProcess):
            one.terminate()
