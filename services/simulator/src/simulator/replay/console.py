"""`simulator replay` on the terminal: a progress bar, and a summary line at the end."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from iot_contracts.problems import IngestResult
from iot_contracts.readings import Reading
from simulator.delivery.http_sender import HttpSender
from simulator.delivery.tally import Tally
from simulator.errors import ConfigurationError, DeliveryAbandonedError
from simulator.replay.file_reader import check_file, readings_of
from simulator.replay.sensors import ReplayedSensor
from simulator.replay.service import Tempo, replay
from simulator.runtime import http_client
from simulator.settings import Settings


@dataclass(frozen=True)
class Order:
    """What to replay, as whom, where to and how fast."""

    path: Path
    sensor: ReplayedSensor
    """Whose measurements they are, where the file doesn't say."""
    sensor_is_given: bool
    settings: Settings
    tempo: Tempo
    skip_bad_rows: bool


async def replay_with_progress(order: Order) -> bool:
    """Replay and print; true when every row was accepted.

    Raises InvalidFileError or ConfigurationError before anything is sent.
    """
    console = Console(stderr=True)
    contents = check_file(order.path, order.sensor, skip_bad_rows=order.skip_bad_rows)
    if order.sensor_is_given and contents.of_named_sensors:
        raise ConfigurationError(f"{order.path} names the sensor of its readings; leave --sensor-id out")
    total, is_series = contents.readings, contents.of_named_sensors < contents.readings
    tally = Tally()
    started = time.monotonic()
    async with http_client(order.settings) as client:
        with _progress(console) as progress:
            name = f"{order.path.name} as {order.sensor.sensor_id}" if is_series else order.path.name
            task = progress.add_task(name, total=total)

            def on_delivered(count: int, _result: IngestResult) -> None:
                progress.advance(task, count)

            try:
                await replay(_readings(order), HttpSender(client, tally), order.tempo, on_delivered)
            except DeliveryAbandonedError as error:
                console.print(f"{error}. Run the same command again: what arrived is not counted twice.", markup=False)
    if tally.rejected:
        console.print(tally.last_error, markup=False)
    Console().print(
        summary(tally, contents.bad, time.monotonic() - started), markup=False, highlight=False, soft_wrap=True
    )
    return tally.accepted == total


def summary(tally: Tally, skipped: int, elapsed_s: float) -> str:
    """The last line of a replay."""
    line = (
        f"sent {tally.sent}, accepted {tally.accepted}, rejected {tally.rejected}, "
        f"retried requests {tally.retries}, {elapsed_s:.1f} s"
    )
    return f"{line}, skipped rows {skipped}" if skipped else line


def _readings(order: Order) -> Iterator[Reading]:
    return (reading for reading in readings_of(order.path, order.sensor) if isinstance(reading, Reading))


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
    )
