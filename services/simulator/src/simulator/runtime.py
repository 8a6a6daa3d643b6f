"""What lives while a fleet runs, in the service or in the foreground; opened and closed here only."""

import logging
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from iot_contracts.readings import Reading
from simulator.catalogue import find_sensor_type, load_catalogue
from simulator.control.service import Control
from simulator.delivery.authorization import authorization
from simulator.delivery.buffer import Buffer
from simulator.delivery.http_sender import HttpSender
from simulator.delivery.tally import Tally
from simulator.delivery.tee import Tee
from simulator.fleet.measurements import Measurements, Model
from simulator.fleet.service import FleetService, Pace
from simulator.sensors import build_sensors
from simulator.settings import Settings


@dataclass(frozen=True)
class Runtime:
    """The live resources."""

    settings: Settings
    tally: Tally
    buffer: Buffer
    fleet: FleetService
    control: Control


def http_client(settings: Settings) -> httpx.AsyncClient:
    """A client of ingest-api with one connection that is kept alive. Raises ConfigurationError."""
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs every request at the level of news
    limits = httpx.Limits(max_connections=2, max_keepalive_connections=1, keepalive_expiry=60)
    return httpx.AsyncClient(
        base_url=settings.ingest_api_url,
        timeout=settings.request_timeout_ms / 1000,
        headers=authorization(settings.api_key_file),
        limits=limits,
        trust_env=False,
    )


@asynccontextmanager
async def open_runtime(
    settings: Settings,
    on_measured: Callable[[Sequence[Reading]], None] | None = None,
    start_at: datetime | None = None,
) -> AsyncIterator[Runtime]:
    """Open a fleet that doesn't measure yet. ingest-api may be away. Raises ConfigurationError.

    With `start_at` the sensors' time begins there, and the reading_ids follow from the seed.
    """
    measurements = build_measurements(settings, reproducible_ids=start_at is not None)
    tally = Tally()
    listeners = [] if on_measured is None else [on_measured]
    async with AsyncExitStack() as stack:
        buffer = Buffer.open(settings.data_dir, settings.max_buffered_readings, settings.max_request_readings, tally)
        stack.callback(buffer.close)
        if settings.tee_dir is not None:
            tee = Tee(settings.tee_dir, lambda: datetime.now(UTC))
            stack.callback(tee.close)
            listeners.append(tee.write)
        client = await stack.enter_async_context(http_client(settings))
        sender = HttpSender(client, tally)
        fleet = FleetService(measurements, buffer, sender, tally, _pace(settings), listeners, start_at)
        fleet.open()
        stack.push_async_callback(fleet.close, settings.flush_timeout_ms / 1000)
        control = Control(fleet, measurements, buffer, tally, settings.ingest_api_url)
        yield Runtime(settings=settings, tally=tally, buffer=buffer, fleet=fleet, control=control)


def build_measurements(settings: Settings, *, reproducible_ids: bool) -> Measurements:
    """The fleet of the settings. Raises ConfigurationError for a type that the catalogue hasn't."""
    catalogue = load_catalogue(settings.sensor_types_file)
    types = [find_sensor_type(catalogue, name) for name in settings.sensor_types]
    sensors = build_sensors(settings.sensor_count, types, settings.locations, settings.seed)
    model = Model(
        seed=settings.seed,
        id_seed=str(settings.seed) if reproducible_ids else secrets.token_hex(),
        faults=settings.all_faults,
        location_correlation=settings.location_correlation,
        drift_per_day=settings.drift_per_day,
        battery_life_days=settings.battery_life_days,
    )
    return Measurements(sensors, settings.interval_ms / 1000, model)


def _pace(settings: Settings) -> Pace:
    return Pace(
        tick_s=settings.tick_ms / 1000,
        probe_interval_s=settings.probe_interval_ms / 1000,
        max_buffered_readings=settings.max_buffered_readings,
    )
