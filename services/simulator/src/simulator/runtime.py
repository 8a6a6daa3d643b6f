"""What lives while a fleet runs, in the service or in the foreground; opened and closed here only."""

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import httpx

from iot_contracts.readings import Reading
from simulator.catalogue import find_sensor_type, load_catalogue
from simulator.delivery.buffer import Buffer
from simulator.delivery.http_sender import HttpSender
from simulator.delivery.tally import Tally
from simulator.fleet.measurements import Measurements
from simulator.fleet.sensors import build_sensors
from simulator.fleet.service import FleetService, Pace
from simulator.settings import Settings


@dataclass(frozen=True)
class Runtime:
    """The live resources."""

    settings: Settings
    tally: Tally
    buffer: Buffer
    fleet: FleetService


def http_client(base_url: str, timeout_s: float) -> httpx.AsyncClient:
    """A client with one connection that is kept alive."""
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs every request at the level of news
    limits = httpx.Limits(max_connections=2, max_keepalive_connections=1, keepalive_expiry=60)
    return httpx.AsyncClient(base_url=base_url, timeout=timeout_s, limits=limits, trust_env=False)


@asynccontextmanager
async def open_runtime(
    settings: Settings, on_measured: Callable[[Sequence[Reading]], None] | None = None
) -> AsyncIterator[Runtime]:
    """Open a fleet that doesn't measure yet. ingest-api may be away. Raises ConfigurationError."""
    measurements = _measurements(settings)
    tally = Tally()
    buffer = Buffer(settings.max_buffered_readings, tally)
    async with AsyncExitStack() as stack:
        client = http_client(settings.ingest_api_url, settings.request_timeout_ms / 1000)
        await stack.enter_async_context(client)
        fleet = FleetService(
            measurements, buffer, HttpSender(client, tally), tally, _pace(settings), on_measured=on_measured
        )
        fleet.open()
        stack.push_async_callback(fleet.close, settings.flush_timeout_ms / 1000)
        yield Runtime(settings=settings, tally=tally, buffer=buffer, fleet=fleet)


def _measurements(settings: Settings) -> Measurements:
    catalogue = load_catalogue(settings.sensor_types_file)
    types = [find_sensor_type(catalogue, name) for name in settings.sensor_types]
    sensors = build_sensors(settings.sensor_count, types, settings.locations, settings.seed)
    return Measurements(sensors, settings.interval_ms / 1000, settings.anomaly_rate, settings.seed)


def _pace(settings: Settings) -> Pace:
    return Pace(
        tick_s=settings.tick_ms / 1000,
        probe_interval_s=settings.probe_interval_ms / 1000,
        max_request_readings=settings.max_request_readings,
        max_buffered_readings=settings.max_buffered_readings,
    )
