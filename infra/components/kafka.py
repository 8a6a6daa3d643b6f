"""Kafka: one broker that is its own controller."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping

from components.component import Component, Host, Step
from components.probes import TIMEOUT_S
from stack.commands import run
from stack.paths import INFRA
from stack.settings import Settings


def ready(settings: Settings) -> str | None:
    """The broker answers a metadata request."""
    host, port = settings.connect_host, settings.port("KAFKA")
    try:
        socket.create_connection((host, port), TIMEOUT_S).close()
    except OSError as error:
        return str(error)
    return asyncio.run(_metadata(f"{host}:{port}"))


async def _metadata(bootstrap_servers: str) -> str | None:
    from aiokafka.admin import AIOKafkaAdminClient  # 0.3 s of import, for this probe alone
    from aiokafka.errors import KafkaError

    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, request_timeout_ms=int(TIMEOUT_S * 1000))
    try:
        await admin.start()
        await admin.describe_cluster()
    except (KafkaError, OSError) as error:
        return repr(error)
    finally:
        await admin.close()
    return None


def initialise(_host: Host, environment: Mapping[str, str]) -> None:
    """Format the storage, unless that is done."""
    run("kafka", [INFRA / "kafka" / "initialise"], more=environment)


def prepare(host: Host, _environment: Mapping[str, str]) -> str | None:
    """Make the topics of the registry, and where services ask for keys those of the stack's own programs."""
    from components.internal_keys import ensure_native_keys
    from components.topics import ensure_topics  # 0.3 s of import, needed here alone

    settings = host.settings
    topics = ensure_topics(settings.kafka)
    keys = ensure_native_keys(settings.kafka, settings.state) if settings.asks_for_keys else []
    made = {"topics": topics, "API keys": keys}
    return "; ".join(f"{what} made: {', '.join(names)}" for what, names in made.items() if names) or None


KAFKA = Component(
    name="kafka",
    kind="component",
    command=(INFRA / "kafka" / "start",),
    probe=ready,
    ports=("KAFKA", "KAFKA_CONTROLLER"),
    installed=("runtime", "jars"),
    ready_within_s=120,
    stop_within_s=60,
    environment=lambda host: {
        "KAFKA_DATA_DIR": str(host.data / "kafka"),
        "KAFKA_BOOTSTRAP_SERVERS": host.settings.kafka,
        "DURABILITY": host.settings.durability,
    },
    initialise=Step(initialise),
    prepare=Step(prepare, needs=("kafka",)),
    addresses=lambda settings: {"Kafka": settings.kafka},
)
