"""`iotctl analyse`: run the stream processor's batch analyses beside a running stack, with its settings."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from components.stream_processor import STREAM_PROCESSOR
from runtimes.protocol import Runtime
from stack.errors import IotctlError
from stack.paths import venv_python

MODULE = "stream_processor.analyses"


def analyse(
    runtime: Runtime,
    console: Console,
    names: Sequence[str],
    period: tuple[datetime, datetime],
    master: str = "",
    results: Path | None = None,
) -> None:
    """Run analyses and show each when it is done; `results` is a file that gets them all as JSON.

    Raises IotctlError when the stack is down or runs in containers, and when a run fails.
    """
    command = [*_python(runtime), "-m", MODULE, *names, "--from", period[0].isoformat(), "--to", period[1].isoformat()]
    command += ["--master", master] if master else []
    command += ["--results", str(results)] if results else []
    for step in _run(runtime, command):
        console.print(
            "  {done:>2}/{of} {analysis}: {rows} rows, {seconds:.1f} s".format(**step),
            highlight=False,
        )


def export(
    runtime: Runtime, console: Console, period: tuple[datetime, datetime], format_: str, target: str, master: str = ""
) -> None:
    """Write readings as plain files, a folder a day; complete days are skipped.

    Raises IotctlError as `analyse` does.
    """
    folder = target if "://" in target else Path(target).resolve().as_uri()
    command = [*_python(runtime), "-m", f"{MODULE}.export", "--format", format_, "--target", folder]
    command += ["--from", period[0].isoformat(), "--to", period[1].isoformat()]
    for step in _run(runtime, [*command, *(["--master", master] if master else [])]):
        console.print(f"  {step['day']}: {'written' if step['written'] else 'was complete'}", highlight=False)


def _run(runtime: Runtime, command: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the progress of a run. Raises IotctlError when it fails; an interrupt ends the run too."""
    log = runtime.settings.state.log("analyses")
    with (
        log.open("w") as errors,
        subprocess.Popen(
            command, env=environment(runtime), stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        assert process.stdout is not None
        yield from steps_of(process.stdout)
    if process.returncode:
        tail = "\n".join(log.read_text().splitlines()[-15:])
        raise IotctlError("analyse", "the run failed; the lines above are the end of its log", f"see {log}", tail)


def steps_of(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The progress that a run prints; other lines (of Spark's launcher) are skipped."""
    for line in lines:
        if line.startswith("{"):
            yield json.loads(line)


def require_native(runtime: Runtime, command: str) -> None:
    """Raise IotctlError unless the stack runs from what is installed here."""
    if not runtime.runs_what_is_installed:
        raise IotctlError(command, "works with RUNTIME=native", f"in the container: python -m {MODULE} --help")
    if not runtime.states():
        raise IotctlError(command, "the stack is down", "make up")


def _python(runtime: Runtime) -> list[str]:
    require_native(runtime, "analyse")
    # Gives way to everything that somebody waits for.
    return ["nice", "-n", "10", str(venv_python(STREAM_PROCESSOR.name))]


def environment(runtime: Runtime) -> dict[str, str]:
    """What the running stream processor was started with."""
    started: dict[str, str] = json.loads((runtime.settings.state.run / "environment.json").read_text())
    return {**started, **STREAM_PROCESSOR.own_environment}
