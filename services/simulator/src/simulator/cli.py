"""The command `simulator`. What a command needs is imported when it runs, so that --help is quick."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.errors import SimulatorError

if TYPE_CHECKING:
    from simulator.settings import Settings

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Posts readings to ingest-api."
)
Url = Annotated[
    str | None, typer.Option(help="Base address of ingest-api; otherwise INGEST_API_URL or port 8001 of this machine.")
]


@app.command()
def serve() -> None:
    """Run the simulator's service: the fleet, its control API, health and metrics."""
    from service_kit.server import serve as serve_app
    from simulator.app import create_app

    settings = _settings()
    serve_app("simulator", lambda: create_app(settings), settings)


@app.command()
def run(
    sensors: Annotated[int | None, typer.Option(min=1, max=100_000, help="Sensors in the fleet.")] = None,
    interval: Annotated[
        float | None, typer.Option(min=0.001, help="Seconds between two readings of one sensor.")
    ] = None,
    rate: Annotated[
        float | None, typer.Option(min=0.001, help="Readings a second of the whole fleet, instead of --interval.")
    ] = None,
    anomaly_rate: Annotated[float | None, typer.Option(min=0, max=1, help="Share of injected spikes.")] = None,
    duration: Annotated[float | None, typer.Option(min=0, help="Seconds to run; otherwise until Ctrl-C.")] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same start time: same values.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print only the summary.")] = False,
    url: Url = None,
) -> None:
    """Run a fleet in the foreground, printing a line a reading. What is not given is as in the settings."""
    from simulator.fleet.console import run_in_foreground

    settings = _settings(
        sensor_count=sensors,
        interval_ms=None if interval is None else interval * 1000,
        anomaly_rate=anomaly_rate,
        seed=seed,
        ingest_api_url=url,
    )
    if rate is not None:
        settings = settings.model_copy(update={"interval_ms": settings.sensor_count / rate * 1000})
    _exit_with(run_in_foreground(settings, quiet=quiet, duration_s=duration))


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="CSV with the columns timestamp and value (first line names them).")],
    sensor_id: Annotated[str | None, typer.Option(help="Otherwise made of the file's name, in upper case.")] = None,
    sensor_type: Annotated[str, typer.Option(help="Name in the catalogue of sensor types.")] = "machine_temperature",
    unit: Annotated[str | None, typer.Option(help="Otherwise the catalogue's unit of the type.")] = None,
    location: Annotated[str, typer.Option(help="Where the sensor stands.")] = "replay",
    batch: Annotated[int, typer.Option(min=1, max=100_000, help="Readings a request.")] = 500,
    rate: Annotated[str, typer.Option(help="Readings a second, or max.")] = "max",
    patience_s: Annotated[float, typer.Option(min=0, help="How long to try again while ingest-api is away.")] = 300,
    skip_bad_rows: Annotated[bool, typer.Option("--skip-bad-rows", help="Leave out rows that are invalid.")] = False,
    url: Url = None,
) -> None:
    """Post a CSV file as one sensor's readings; 0 when every row was accepted.

    Timestamps without an offset are UTC. The same file played again as the same sensor gives the same
    reading_ids, so a replay that was interrupted is simply repeated.
    """
    from simulator.catalogue import find_sensor_type, load_catalogue
    from simulator.replay.console import Order, replay_with_progress
    from simulator.replay.sensors import ReplayedSensor, sensor_id_of
    from simulator.replay.service import Tempo

    settings = _settings(ingest_api_url=url)
    rate_per_s = _rate(rate)
    try:
        catalogue = load_catalogue(settings.sensor_types_file)
        sensor = ReplayedSensor(
            sensor_id=sensor_id_of(file.stem) if sensor_id is None else sensor_id,
            sensor_type=sensor_type,
            unit=unit or find_sensor_type(catalogue, sensor_type).unit,
            location=location,
        )
    except SimulatorError as error:
        raise _refusal(error) from None
    order = Order(
        path=file,
        sensor=sensor,
        url=settings.ingest_api_url,
        tempo=Tempo(batch=batch, rate_per_s=rate_per_s, patience_s=patience_s),
        request_timeout_s=settings.request_timeout_ms / 1000,
        skip_bad_rows=skip_bad_rows,
    )
    _exit_with(replay_with_progress(order))


def _rate(text: str) -> float | None:
    if text == "max":
        return None
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate < float("inf"):
        raise typer.BadParameter(f"{text!r} is neither a number above 0 nor max", param_hint="--rate")
    return rate


def _settings(**given: object) -> "Settings":
    """The settings of the environment, with the options that were given instead of theirs."""
    from pydantic import ValidationError

    from simulator.settings import Settings

    try:
        return Settings.model_validate(Settings().model_dump() | {k: v for k, v in given.items() if v is not None})
    except ValidationError as error:
        reasons = [f"{'.'.join(str(part) for part in found['loc'])}: {found['msg']}" for found in error.errors()]
        raise _refusal("; ".join(reasons)) from None


def _exit_with(outcome: Coroutine[None, None, bool]) -> None:
    """Run to the end; exit code 0 for true, 1 for false or an error."""
    _log_to_stderr()
    try:
        succeeded = asyncio.run(outcome)
    except SimulatorError as error:
        raise _refusal(error) from None
    raise typer.Exit(0 if succeeded else 1)


def _log_to_stderr() -> None:
    """Standard output is the command's own."""
    import sys

    import structlog

    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))


def _refusal(reason: object) -> typer.Exit:
    typer.echo(str(reason), err=True)
    return typer.Exit(1)
