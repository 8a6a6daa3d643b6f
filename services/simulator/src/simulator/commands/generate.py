"""`simulator generate`."""

import re
from datetime import UTC, datetime, timedelta
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
    fleet_settings,
    parse_time,
    refusal,
)
from simulator.errors import SimulatorError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def generate(
    file: Annotated[Path, typer.Argument(help="Ends in .ndjson, .jsonl, .json, .csv or .parquet.")],
    from_: Annotated[str | None, typer.Option("--from", help="ISO 8601 time of the first reading.")] = None,
    to: Annotated[
        str | None, typer.Option(help="ISO 8601 time before which the last reading is; otherwise now.")
    ] = None,
    last: Annotated[str, typer.Option(help="Length of the period without --from: 90s, 30m, 24h, 7d.")] = "24h",
    sensors: Sensors = None,
    interval: Interval = None,
    rate: FleetRate = None,
    anomaly_rate: AnomalyRate = None,
    seed: Seed = None,
    config: ConfigFile = None,
) -> None:
    """Write what the fleet would have measured in a past period.

    The same settings, seed and period give the same file; `simulator replay` posts it.
    """
    from simulator.generate.console import generate_with_progress
    from simulator.generate.service import Period

    end = parse_time(to, "--to") or datetime.now(UTC).replace(microsecond=0)
    start = parse_time(from_, "--from") or before(end, last)
    if start >= end:
        raise typer.BadParameter(f"{start.isoformat()} is not before {end.isoformat()}", param_hint="--from")
    settings = fleet_settings(config, sensors, interval, rate, anomaly_rate=anomaly_rate, seed=seed)
    try:
        generate_with_progress(settings, Period(start, end), file)
    except SimulatorError as error:
        raise refusal(error) from None


def before(end: datetime, length: str) -> datetime:
    """The time that lies a length (a number and s, m, h or d) before `end`."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", length)
    if found is None:
        raise typer.BadParameter(f"{length!r} is no length as 90s, 30m, 24h or 7d", param_hint="--last")
    try:
        return end - timedelta(seconds=float(found[1]) * _UNITS[found[2]])
    except OverflowError:
        raise typer.BadParameter(f"{length} ago there was no calendar", param_hint="--last") from None
