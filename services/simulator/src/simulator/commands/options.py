"""What several commands have in common: options, and how they end."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iot_domain.event_time import from_table_text
from simulator.errors import SimulatorError

if TYPE_CHECKING:
    from simulator.settings import Settings

Url = Annotated[
    str | None, typer.Option(help="Base address of ingest-api; otherwise INGEST_API_URL or port 8001 of this machine.")
]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="YAML file of settings, as `simulator configure` writes it.")
]
Sensors = Annotated[int | None, typer.Option(min=1, max=100_000, help="Sensors in the fleet.")]
Interval = Annotated[float | None, typer.Option(min=0.001, help="Seconds between two readings of one sensor.")]
FleetRate = Annotated[
    float | None, typer.Option(min=0.001, help="Readings a second of the whole fleet, instead of --interval.")
]
AnomalyRate = Annotated[float | None, typer.Option(min=0, max=1, help="Share of readings that are spikes.")]
Seed = Annotated[int | None, typer.Option(help="Same seed, same start time: same readings.")]


def settings_of(config_file: Path | None = None, **options: object) -> "Settings":
    """The settings with these options; ends the command with the reason when something is wrong with them."""
    from simulator.configuration import load_settings

    try:
        return load_settings(config_file, options)
    except SimulatorError as error:
        raise refusal(error) from None


def fleet_settings(
    config_file: Path | None, sensors: int | None, interval: float | None, rate: float | None, **options: object
) -> "Settings":
    """The settings with a fleet's size and pace; `rate` goes before `interval`."""
    interval_ms = None if interval is None else interval * 1000
    settings = settings_of(config_file, sensor_count=sensors, interval_ms=interval_ms, **options)
    if rate is None:
        return settings
    return settings.model_copy(update={"interval_ms": settings.sensor_count / rate * 1000})


def parse_time(text: str | None, option: str) -> datetime | None:
    """An ISO 8601 time of an option; without an offset it is UTC."""
    if text is None:
        return None
    try:
        return from_table_text(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no ISO 8601 time, as 2026-03-01T12:00:00Z", param_hint=option) from None


def parse_rate(text: str, option: str) -> float | None:
    """A number above 0, or None for max."""
    if text == "max":
        return None
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate < float("inf"):
        raise typer.BadParameter(f"{text!r} is neither a number above 0 nor max", param_hint=option)
    return rate


def exit_with(outcome: Coroutine[object, object, bool]) -> None:
    """Run to the end; exit code 0 for true, 1 for false or an error."""
    log_to_stderr()
    try:
        succeeded = asyncio.run(outcome)
    except SimulatorError as error:
        raise refusal(error) from None
    raise typer.Exit(0 if succeeded else 1)


def log_to_stderr() -> None:
    """Standard output is the command's own."""
    import sys

    import structlog

    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))


def refusal(reason: object) -> typer.Exit:
    """Say why the command can't do it; raise what is returned."""
    typer.echo(str(reason), err=True)
    return typer.Exit(1)
