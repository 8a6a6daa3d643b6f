"""`simulator load`."""

from typing import Annotated

import typer

from simulator.commands.options import Url, parse_rate, refusal, settings_of
from simulator.errors import SimulatorError


def load(
    rate: Annotated[str, typer.Option(help="Readings a second, or max: as fast as the answers come.")] = "1000",
    sensors: Annotated[int, typer.Option(min=1, max=100_000, help="Sensors that the readings are of.")] = 1000,
    batch: Annotated[int, typer.Option(min=1, max=100_000, help="Readings a request.")] = 1,
    duration: Annotated[float, typer.Option(min=0.1, max=86_400, help="Seconds in which requests are due.")] = 10,
    warm_up: Annotated[float, typer.Option(min=0, max=600, help="Seconds before, sent but not measured.")] = 1,
    connections: Annotated[
        int | None, typer.Option(min=1, max=512, help="Connections of each worker; otherwise 64, and 8 at max.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that the load is spread over.")] = 1,
    timeout_s: Annotated[float, typer.Option(min=0.1, max=600, help="How long one answer may take.")] = 10,
    seed: Annotated[int, typer.Option(help="Same seed: same sensors and values.")] = 1,
    url: Url = None,
) -> None:
    """Post open-loop: a request is due at its time, whether or not earlier ones were answered.

    Latencies count from that time, so a stall of the server is not hidden by sending less meanwhile. Ends with
    one line of JSON; 0 when every reading was accepted.
    """
    from simulator.load.console import run_and_report
    from simulator.load.plan import DEFAULT_CONNECTIONS, DEFAULT_CONNECTIONS_AT_MAX, Plan

    settings = settings_of(ingest_api_url=url)
    rate_per_s = parse_rate(rate, "--rate")
    usual = DEFAULT_CONNECTIONS_AT_MAX if rate_per_s is None else DEFAULT_CONNECTIONS
    plan = Plan(
        url=settings.ingest_api_url,
        rate_per_s=rate_per_s,
        sensors=sensors,
        batch=batch,
        duration_s=duration,
        warm_up_s=warm_up,
        connections=connections or usual,
        workers=workers,
        timeout_s=timeout_s,
        seed=seed,
    )
    try:
        succeeded = run_and_report(plan, settings)
    except SimulatorError as error:
        raise refusal(error) from None
    raise typer.Exit(0 if succeeded else 1)
