"""What lives while a service asks for API keys; opened and closed only here."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from prometheus_client import Counter

from iot_contracts.topics import IOT_API_KEYS
from service_kit.access.consumer import ApiKeyConsumer
from service_kit.access.policy import AccessPolicy
from service_kit.access.quotas import SharedQuotas
from service_kit.access.service import AccessService
from service_kit.access.sessions import Sessions
from service_kit.health import Readiness
from service_kit.settings import ServiceSettings
from service_kit.tasks import BackgroundTasks

RECONNECT_INTERVAL_S = 0.5


@asynccontextmanager
async def open_access(
    service: str,
    settings: ServiceSettings,
    policy: AccessPolicy,
    readiness: Readiness,
    decisions: Counter,
    sessions: Sessions | None,
) -> AsyncIterator[AccessService]:
    """Read the keys and follow their topic; Kafka may be away, then requests are refused until it is back."""
    async with AsyncExitStack() as stack:
        quotas = stack.enter_context(SharedQuotas(settings.rate_limits_file, settings.rate_limit_sets))
        consumer = ApiKeyConsumer(
            IOT_API_KEYS,
            settings.kafka_bootstrap_servers,
            client_id=f"{service}-keys",
            reconnect_interval_s=RECONNECT_INTERVAL_S,
        )
        tasks = await stack.enter_async_context(BackgroundTasks())
        tasks.start(consumer.run(), "read API keys")

        async def missing() -> str | None:
            return await tasks.missing() or await consumer.missing()

        readiness.add("api_keys", missing)
        await consumer.attempted()
        yield AccessService(consumer, quotas, decisions, passwords=policy.passwords, sessions=sessions)
