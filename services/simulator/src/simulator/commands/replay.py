"""`simulator replay`."""

from pathlib import Path
from typing import Annotated

import typer

from simulator.commands.options import Url, exit_with, parse_rate, refusal, settings_of
from simulator.errors import SimulatorError


def replay(
    file: Annotated[Path, typer.Argument(help="NDJSON, JSON, CSV or Parquet of readings, or of timestamp and value.")],
    sensor_id: Annotated[str | None, typer.Option(help="Otherwise made of the file's name, in upper case.")] = None,
    sensor_type: Annotated[str, typer.Option(help="Name in the catalogue of sensor types.")] = "machine_temperature",
    unit: Annotated[str | None, typer.Option(help="Otherwise the catalogue's unit of the type.")] = None,
    location: Annotated[str, typer.Option(help="Where the sensor stands.")] = "replay",
    batch: Annotated[int, typer.Option(min=1, max=100_000, help="Readings a request.")] = 500,
    rate: Annotated[str, typer.Option(help="Readings a second, or max.")] = "max",
    speed: Annotated[str, typer.Option(help="Times real time by the readings' own times, or max.")] = "max",
    patience_s: Annotated[float, typer.Option(min=0, help="How long to try again while ingest-api is away.")] = 300,
    skip_bad_rows: Annotated[bool, typer.Option("--skip-bad-rows", help="Leave out rows that are invalid.")] = False,
    url: Url = None,
) -> None:
    """Post a file's readings; 0 when every one was accepted.

    What a row doesn't say is as the options say: a file of timestamp and value is played as one sensor. In CSV and
    Parquet timestamps without an offset are UTC. The same file played again gives the same reading_ids, so a replay
    that was interrupted is simply repeated.
    """
    from simulator.catalogue import find_sensor_type, load_catalogue
    from simulator.replay.console import Order, replay_with_progress
    from simulator.replay.sensors import ReplayedSensor, sensor_id_of
    from simulator.replay.service import Tempo

    settings = settings_of(ingest_api_url=url)
    rate_per_s, times_real = parse_rate(rate, "--rate"), parse_rate(speed, "--speed")
    if rate_per_s is not None and times_real is not None:
        raise typer.BadParameter("--rate and --speed exclude each other", param_hint="--speed")
    try:
        catalogue = load_catalogue(settings.sensor_types_file)
        sensor = ReplayedSensor(
            sensor_id=sensor_id_of(file.stem) if sensor_id is None else sensor_id,
            sensor_type=sensor_type,
            unit=unit or find_sensor_type(catalogue, sensor_type).unit,
            location=location,
            units=None if unit else {name: entry.unit for name, entry in catalogue.items()},
        )
    except SimulatorError as error:
        raise refusal(error) from None
    order = Order(
        path=file,
        sensor=sensor,
        sensor_is_given=sensor_id is not None,
        settings=settings,
        tempo=Tempo(batch=batch, patience_s=patience_s, rate_per_s=rate_per_s, speed=times_real),
        skip_bad_rows=skip_bad_rows,
    )
    exit_with(replay_with_progress(order))
