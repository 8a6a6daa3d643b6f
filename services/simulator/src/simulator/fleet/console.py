"""`simulator run` on the terminal: a line a reading, and a summary at the end."""

import asyncio
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress

from iot_contracts.readings import Reading
from simulator.runtime import open_runtime
from simulator.settings import Settings


class ReadingPrinter:
    """Prints readings as they are measured."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._count = 0

    def __call__(self, readings: Sequence[Reading]) -> None:
        """Print a line for each."""
        if self._quiet:
            return
        for reading in readings:
            self._count += 1
            sys.stdout.write(line(self._count, reading) + "\n")
        sys.stdout.flush()


def line(number: int, reading: Reading) -> str:
    """`[n] time | SENSOR | type: value unit | location | Normal or ANOMALY`."""
    time = reading.timestamp.strftime("%Y-%m-%d %H:%M:%S")
    verdict = "ANOMALY" if reading.is_anomaly else "Normal"
    measured = f"{reading.sensor_type}: {reading.value:g} {reading.unit}"
    return f"[{number}] {time} | {reading.sensor_id} | {measured} | {reading.location} | {verdict}"


async def run_in_foreground(settings: Settings, *, quiet: bool, duration_s: float | None) -> bool:
    """Run the fleet until Ctrl-C, SIGTERM or for `duration_s`; true when all it measured was accepted."""
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with open_runtime(settings, on_measured=ReadingPrinter(quiet=quiet)) as runtime:
        await runtime.fleet.start()
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), duration_s)
    tally = runtime.tally
    sys.stdout.write(
        f"measured {tally.generated}, accepted {tally.accepted}, rejected {tally.rejected}, "
        f"dropped {tally.dropped}, undelivered {tally.lost_at_end}, retried requests {tally.retries}\n"
    )
    if tally.last_error is not None:
        sys.stderr.write(f"last error: {tally.last_error}\n")
    return tally.accepted == tally.generated
