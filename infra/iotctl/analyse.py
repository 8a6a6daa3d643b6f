"""`iotctl analyse`: run the stream processor's batch analyses beside a running stack, with its settings."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from runtimes.protocol import Runtime
from stack.errors import IotctlError

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

    Raises IotctlError when the stack is down, and when a run fails.
    """
    with TemporaryDirectory(prefix="iot-analyses-") as scratch:
        folder = Path(scratch) / "results"
        arguments = [*names, "--from", period[0].isoformat(), "--to", period[1].isoformat()]
        arguments += ["--master", master] if master else []
        arguments += ["--results", str(folder / "results.json")] if results else []
        for step in _run(runtime, MODULE, arguments, folder):
            console.print("  {done:>2}/{of} {analysis}: {rows} rows, {seconds:.1f} s".format(**step), highlight=False)
        if results:
            shutil.copyfile(folder / "results.json", results)


def export(
    runtime: Runtime, console: Console, period: tuple[datetime, datetime], format_: str, target: str, master: str = ""
) -> None:
    """Write readings as plain files, a folder a day; complete days are skipped.

    Raises IotctlError as `analyse` does.
    """
    folder = None if "://" in target else Path(target).resolve()
    arguments = ["--format", format_, "--target", folder.as_uri() if folder else target]
    arguments += ["--from", period[0].isoformat(), "--to", period[1].isoformat()]
    arguments += ["--master", master] if master else []
    for step in _run(runtime, f"{MODULE}.export", arguments, folder):
        console.print(f"  {step['day']}: {'written' if step['written'] else 'was complete'}", highlight=False)


def _run(runtime: Runtime, module: str, arguments: Sequence[str], folder: Path | None) -> Iterator[dict[str, Any]]:
    """Yield the progress of a run. Raises IotctlError when it fails; an interrupt ends the run too."""
    if not runtime.states():
        raise IotctlError("analyse", "the stack is down", "make up")
    log = runtime.settings.state.log("analyses")
    log.parent.mkdir(parents=True, exist_ok=True)
    job = runtime.job(module, arguments, folder)
    with (
        log.open("w") as errors,
        subprocess.Popen(job.command, env=job.environment, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
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
