"""`simulator run` on the terminal: a line a reading, running counts below, and a summary at the end."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime

from rich.console import Console
from rich.live import Live
from rich.text import Text

from iot_contracts.readings import Reading
from simulator.delivery.tally import Tally
from simulator.runtime import Runtime, open_runtime
from simulator.settings import Settings

REFRESHES_PER_S = 4


class ReadingPrinter:
    """Prints readings as they are handed to the delivery."""

    def __init__(self, console: Console, *, quiet: bool) -> None:
        self._console = console
        self._quiet = quiet
        self._count = 0

    def __call__(self, readings: Sequence[Reading]) -> None:
        """Print a line for each, all at once."""
        if self._quiet:
            return
        lines = []
        for reading in readings:
            self._count += 1
            lines.append(Text(line(self._count, reading), style="bold red" if reading.is_anomaly else ""))
        self._console.print(Text("\n").join(lines), soft_wrap=True)


def line(number: int, reading: Reading) -> str:
    """`[n] time | SENSOR | type: value unit | location | Normal or ANOMALY`."""
    time = reading.timestamp.strftime("%Y-%m-%d %H:%M:%S")
    verdict = "ANOMALY" if reading.is_anomaly else "Normal"
    measured = f"{reading.sensor_type}: {reading.value} {reading.unit}"
    return f"[{number}] {time} | {reading.sensor_id} | {measured} | {reading.location} | {verdict}"


def running_counts(tally: Tally, buffered: int) -> Text:
    """What became of the readings so far, and what is in the way now."""
    counts = (
        f"measured {tally.generated} | anomalies {tally.anomalies} | accepted {tally.accepted} | "
        f"rejected {tally.rejected} | buffered {buffered} | dropped {tally.dropped}"
    )
    return Text(counts, style="yellow" if buffered or tally.rejected or tally.dropped else "green")


def summary(tally: Tally) -> str:
    """The last line of a run."""
    return (
        f"measured {tally.generated}, anomalies {tally.anomalies}, accepted {tally.accepted}, "
        f"rejected {tally.rejected}, dropped {tally.dropped}, kept for the next run {tally.kept_at_end}, "
        f"retried requests {tally.retries}"
    )


class _Output(Console):
    """Standard output; when nobody reads it any more, as behind `head`, nothing more is printed."""

    def __init__(self, on_left: Callable[[], None]) -> None:
        super().__init__(highlight=False)
        self._on_left = on_left

    def on_broken_pipe(self) -> None:
        """Called by rich, whose own would end the process before what was measured is delivered."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        self._on_left()


class _Counts:
    """Renders the counts as they are when the terminal is refreshed."""

    def __init__(self, counts: Callable[[], Text]) -> None:
        self._counts = counts

    def __rich__(self) -> Text:
        return self._counts()


async def run_in_foreground(
    settings: Settings, *, quiet: bool, duration_s: float | None, start_at: datetime | None = None
) -> bool:
    """Run the fleet until Ctrl-C, SIGTERM or for `duration_s`.

    True when nothing failed, was rejected, dropped or kept for the next run.
    """
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    console = _Output(ended.set)
    printer = ReadingPrinter(console, quiet=quiet)
    async with AsyncExitStack() as stack:
        runtime = await stack.enter_async_context(open_runtime(settings, printer, start_at))
        if console.is_terminal:
            stack.enter_context(_live(console, runtime))
        await runtime.fleet.start()
        ends = [asyncio.create_task(event.wait()) for event in (ended, runtime.fleet.failed)]
        await asyncio.wait(ends, timeout=duration_s, return_when=asyncio.FIRST_COMPLETED)
        await runtime.fleet.stop()
    tally = runtime.tally
    console.print(summary(tally), soft_wrap=True)
    if tally.last_error is not None:
        Console(stderr=True).print(f"last error: {tally.last_error}", markup=False, highlight=False, soft_wrap=True)
    return not (runtime.fleet.failed.is_set() or tally.rejected or tally.dropped or tally.kept_at_end)


def _live(console: Console, runtime: Runtime) -> Live:
    counts = _Counts(lambda: running_counts(runtime.tally, len(runtime.buffer)))
    return Live(counts, console=console, refresh_per_second=REFRESHES_PER_S, transient=True)
