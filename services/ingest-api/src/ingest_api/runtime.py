"""The resources that live while the service runs; opened and closed only here."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from ingest_api.formats.quantities import Defaults
from ingest_api.idempotency.repository import Repository
from ingest_api.idempotency.service import IdempotencyService
from ingest_api.idempotency.worker_lock import WorkerLock
from ingest_api.influx.points import PointMapper
from ingest_api.metrics import Metrics
from ingest_api.publishing.memory import collect_garbage_rarely, keep_freed_memory
from ingest_api.publishing.producer import ProducerConfig, connect
from ingest_api.publishing.producer_supervisor import ProducerSupervisor
from ingest_api.readings.body_deadline import BodyDeadline
from ingest_api.readings.byte_budget import ByteBudget
from ingest_api.readings.service import ReadingService
from ingest_api.settings import Settings
from iot_contracts.topics import IOT_SENSORS
from service_kit.health import Readiness
from service_kit.tasks import BackgroundTasks


@dataclass(frozen=True)
class Runtime:
    """The live resources."""

    settings: Settings
    metrics: Metrics
    budget: ByteBudget
    bodies: BodyDeadline
    producer: ProducerSupervisor
    readings: ReadingService
    idempotency: IdempotencyService
    defaults: Defaults
    points: PointMapper


@asynccontextmanager
async def open_runtime(settings: Settings, metrics: Metrics, readiness: Readiness) -> AsyncIterator[Runtime]:
    """Open all resources. Kafka may be unavailable: the producer connects as soon as it can.

    Raises OSError or sqlite3.Error when the work folder cannot be used.
    """
    rules = settings.rules()
    defaults = Defaults(rules.catalogue, settings.default_location)
    producer_config = ProducerConfig(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        connect_timeout_s=settings.connect_timeout_ms / 1000,
        ack_timeout_s=settings.ack_timeout_ms / 1000,
        max_batch_bytes=settings.max_kafka_batch_bytes,
    )
    producer = ProducerSupervisor(
        lambda: connect(IOT_SENSORS.name, producer_config, metrics),
        bootstrap_servers=settings.kafka_bootstrap_servers,
        reconnect_interval_s=settings.reconnect_interval_ms / 1000,
        probe_interval_s=settings.probe_interval_ms / 1000,
    )
    readiness.add("kafka", producer.missing)
    bodies = BodyDeadline(settings.body_timeout_s)
    collect_garbage_rarely()
    keep_freed_memory()
    async with AsyncExitStack() as stack:
        idempotency = await _open_idempotency(settings, metrics, stack)
        tasks = await stack.enter_async_context(BackgroundTasks())
        readiness.add("background tasks", tasks.missing)
        tasks.start(producer.run(), "publish readings")
        tasks.start(bodies.run(), "cancel overdue request bodies")
        tasks.start(idempotency.run(), "delete expired answers")
        runtime = Runtime(
            settings=settings,
            metrics=metrics,
            budget=ByteBudget(settings.in_flight_bytes_per_worker, metrics.in_flight_bytes),
            bodies=bodies,
            producer=producer,
            readings=ReadingService(producer, metrics, rules),
            defaults=defaults,
            points=PointMapper(defaults),
            idempotency=idempotency,
        )
        # A new worker process must not accept requests before it can process them.
        await producer.attempted()
        yield runtime


async def _open_idempotency(settings: Settings, metrics: Metrics, stack: AsyncExitStack) -> IdempotencyService:
    folder = settings.work_dir / "idempotency"
    worker = stack.enter_context(WorkerLock(folder / "owners"))
    repository = Repository(folder / "requests.sqlite", settings.idempotency_bounds(), worker.name, worker.is_alive)
    return await stack.enter_async_context(IdempotencyService(repository, metrics))
