"""What lives while the service runs; opened and closed here only."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from ingest_api.garbage_collection import expect_batches
from ingest_api.metrics import Metrics
from ingest_api.readings.in_flight import ByteBudget
from ingest_api.readings.producer import connect
from ingest_api.readings.producer_supervisor import ProducerSupervisor
from ingest_api.readings.service import ReadingService
from ingest_api.settings import Settings
from iot_contracts.topics import IOT_SENSORS


@dataclass(frozen=True)
class Runtime:
    """The live resources."""

    settings: Settings
    metrics: Metrics
    budget: ByteBudget
    producer: ProducerSupervisor
    readings: ReadingService


@asynccontextmanager
async def open_runtime(settings: Settings, metrics: Metrics) -> AsyncIterator[Runtime]:
    """Open everything. Kafka may be away: the producer connects as soon as it can."""
    async with AsyncExitStack() as stack:
        producer = await stack.enter_async_context(
            ProducerSupervisor(
                lambda: connect(IOT_SENSORS.name, settings, metrics),
                bootstrap_servers=settings.kafka_bootstrap_servers,
                reconnect_interval_s=settings.reconnect_interval_ms / 1000,
                probe_interval_s=settings.probe_interval_ms / 1000,
            )
        )
        expect_batches()
        yield Runtime(
            settings=settings,
            metrics=metrics,
            budget=ByteBudget(settings.max_in_flight_bytes, metrics.in_flight_bytes),
            producer=producer,
            readings=ReadingService(producer, metrics),
        )
