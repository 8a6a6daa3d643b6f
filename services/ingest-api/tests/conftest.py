"""What the tests share: the application with a producer that keeps readings in memory instead of Kafka."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from ingest_api.app import create_app
from ingest_api.errors import KafkaUnavailableError
from ingest_api.formats.quantities import Defaults
from ingest_api.idempotency.repository import Repository
from ingest_api.idempotency.service import IdempotencyService
from ingest_api.influx.points import PointMapper
from ingest_api.metrics import Metrics
from ingest_api.publishing.producer_supervisor import ProducerSupervisor
from ingest_api.readings.body_deadline import BodyDeadline
from ingest_api.readings.byte_budget import ByteBudget
from ingest_api.readings.service import ReadingService
from ingest_api.runtime import Runtime
from ingest_api.settings import Settings
from iot_contracts.readings import Reading
from iot_domain.position import Position


@dataclass
class InMemoryProducer(ProducerSupervisor):
    """Keeps the readings; away or losing them as a test says."""

    written: list[Reading] = field(default_factory=list)
    away: str | None = None
    lost_after_acceptance: bool = False

    async def missing(self) -> str | None:
        return self.away

    def require_available(self) -> None:
        if self.away is not None:
            raise KafkaUnavailableError(self.away)

    async def write(self, readings: Sequence[Reading]) -> Position:
        self.require_available()
        if self.lost_after_acceptance:
            raise KafkaUnavailableError("Kafka did not acknowledge within 1.5 s")
        self.written.extend(readings)
        return {0: len(self.written)}


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(CollectorRegistry())


@pytest.fixture
def producer() -> InMemoryProducer:
    return InMemoryProducer()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        work_dir=tmp_path,
        max_body_bytes=10_000,
        max_in_flight_bytes=20_000,
        max_batch_readings=20,
        allowed_hosts=("testserver",),  # what schemathesis calls it
    )


@pytest.fixture
def repository(settings: Settings) -> Repository:
    """Remembers keyed requests in a file of the test's own, for a worker process that lives; not opened yet."""
    return Repository(settings.work_dir / "requests.sqlite", settings.idempotency_bounds(), "me", {"me"}.__contains__)


@pytest.fixture
async def idempotency(repository: Repository, metrics: Metrics) -> AsyncIterator[IdempotencyService]:
    async with IdempotencyService(repository, metrics) as service:
        yield service


@pytest.fixture
def app(settings: Settings, metrics: Metrics, producer: InMemoryProducer, idempotency: IdempotencyService) -> FastAPI:
    app = create_app(settings)
    app.state.readiness.add("kafka", producer.missing)
    rules = settings.rules()
    defaults = Defaults(rules.catalogue, settings.default_location)
    app.state.runtime = Runtime(
        settings=settings,
        metrics=metrics,
        budget=ByteBudget(settings.max_in_flight_bytes, metrics.in_flight_bytes),
        bodies=BodyDeadline(settings.body_timeout_s),
        producer=producer,
        readings=ReadingService(producer, metrics, rules),
        defaults=defaults,
        points=PointMapper(defaults),
        idempotency=idempotency,
    )
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture
def a_reading() -> dict[str, Any]:
    """A complete reading, as JSON would have it."""
    return {
        "reading_id": "019ca8f5-2c00-7a2b-8c3d-0123456789ab",
        "sensor_id": "SENSOR_001",
        "sensor_type": "temperature",
        "location": "Tangier-Centre",
        "value": 21.5,
        "unit": "Celsius",
        "timestamp": "2026-03-01T12:00:00Z",
        "is_anomaly": False,
        "battery_level": 87.5,
    }
