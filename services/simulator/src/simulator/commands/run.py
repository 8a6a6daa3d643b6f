"""`simulator run`."""

from pathlib import Path
from typing import Annotated

import typer

from simulator.commands.options import (
    AnomalyRate,
    ConfigFile,
    FleetRate,
    Interval,
    Seed,
    Sensors,
    Url,
    exit_with,
    fleet_settings,
    parse_time,
)

TEE_DIR = Path("data")


def run(
    sensors: Sensors = None,
    interval: Interval = None,
    rate: FleetRate = None,
    anomaly_rate: AnomalyRate = None,
    duration: Annotated[float | None, typer.Option(min=0, help="Seconds to run; otherwise until Ctrl-C.")] = None,
    seed: Seed = None,
    start: Annotated[
        str | None,
        typer.Option(
            help="ISO 8601 time at which the sensors' time begins; the reading_ids then follow from the seed."
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print only the running counts and the summary.")] = False,
    tee: Annotated[bool, typer.Option("--tee", help="Write all readings to data/iot_data_*.json as well.")] = False,
    tee_dir: Annotated[Path | None, typer.Option(help="The same, in another folder.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the buffer; two runs can't share one.")] = None,
    config: ConfigFile = None,
    url: Url = None,
) -> None:
    """Run a fleet in the foreground, printing a line a reading. What is not given is as in the settings."""
    from simulator.run.console import run_in_foreground

    settings = fleet_settings(
        config,
        sensors,
        interval,
        rate,
        anomaly_rate=anomaly_rate,
        seed=seed,
        ingest_api_url=url,
        tee_dir=tee_dir or (TEE_DIR if tee else None),
        data_dir=data_dir,
    )
    start_at = parse_time(start, "--start")
    exit_with(run_in_foreground(settings, quiet=quiet, duration_s=duration, start_at=start_at))
