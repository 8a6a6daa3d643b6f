"""Kills query-api and PostgreSQL in the middle of transitions and webhook deliveries, and counts what came of them.

A broker, a server and a query-api of its own; transitions are published all the time, some of them again; a receiver
answers late, refuses or hangs up now and then.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx
import msgspec
from aiokafka import AIOKafkaProducer

from iot_contracts.alerts import AlertTransition
from iot_contracts.topics import IOT_ALERTS
from service_kit.testing import wait_until
from support.kafka_broker import KafkaBroker
from support.postgres_process import PostgresProcess
from support.query_process import QueryProcess, query_process

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALERTS_A_PART, UPDATES, AGAIN = 20, 3, 5
LONGEST_PAUSE_S = 1.2
SETTLED_WITHIN_S = 240
"""What failed five times in a row, one in ten tries does, is tried again after 155 s."""
POSTGRES_EVERY = 4
"""Each so manieth kill is PostgreSQL's."""
TIMEOUT_S = 1
SETTINGS = {"QUERY_API_WEBHOOK_TIMEOUT_S": str(TIMEOUT_S)}


@dataclass
class Receiver:
    """An HTTP server that is told about alerts, and notes what it answered when."""

    draw: random.Random
    url: str = ""
    got: list[tuple[str, float, bool]] = field(default_factory=list)
    """Id, time and whether the answer was a 2xx, of every request."""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request: mostly 204, late or not; sometimes 500, or nothing at all."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
            await reader.readexactly(int(headers["content-length"]))
            came = time.time()
            await asyncio.sleep(self.draw.choice((0, 0, 0.02, 0.2)))
            kind = self.draw.choices(("ok", "refused", "gone"), (18, 1, 1))[0]
            self.got.append((headers["webhook-id"], came, kind == "ok"))
            if kind != "gone":
                status = b"204 No Content" if kind == "ok" else b"500 Error"
                writer.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # whoever asked was killed
        finally:
            writer.close()


@dataclass(frozen=True)
class Struck:
    """What the kills led to."""

    kills: int
    transitions: int
    webhooks: int
    attempts: int
    failures: tuple[str, ...]
    """In words; empty when every promise was kept."""


@asynccontextmanager
async def receiving(draw: random.Random) -> AsyncIterator[Receiver]:
    """A receiver that listens."""
    receiver = Receiver(draw)
    server = await asyncio.start_server(receiver.handle, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    async with server:
        yield receiver


async def strike(broker: KafkaBroker, postgres: PostgresProcess, folder: Path, kills: int, seed: int) -> Struck:
    """Kill `kills` times at random moments, then wait until all is delivered, and judge."""
    draw = random.Random(seed)
    parts = [part_of(number) for number in range(kills + 1)]
    async with receiving(draw) as receiver, httpx.AsyncClient(timeout=20) as http:
        with ExitStack() as servers, ExitStack() as services:
            query = services.enter_context(_query(broker, postgres, folder / "query-first.log"))
            webhook_id = await _webhook(http, query, receiver.url)
            server = postgres
            for number, part in enumerate(parts[1:]):
                again = draw.sample(parts[number], AGAIN)
                sending = asyncio.create_task(publish(broker, [*part, *again]))
                await asyncio.sleep(draw.uniform(0, LONGEST_PAUSE_S))
                if number % POSTGRES_EVERY == POSTGRES_EVERY - 1:
                    await asyncio.to_thread(server.kill)
                    server = servers.enter_context(server.started_again())
                else:
                    query.kill()
                    query = services.enter_context(_query(broker, postgres, folder / f"query-{number}.log"))
                await sending
            await publish(broker, parts[0])
            log = [one for part in parts for one in part]
            failures = await _judge(http, query, receiver, webhook_id, log)
    return Struck(kills, len(log), len({one for one, _, _ in receiver.got}), len(receiver.got), tuple(failures))


def part_of(number: int) -> list[AlertTransition]:
    """What is published between two kills: each alert opened, updated some times and cleared."""
    alerts = range(number * ALERTS_A_PART, (number + 1) * ALERTS_A_PART)
    states = ["opened", *["updated"] * UPDATES, "cleared"]
    return [transition(alert, sequence, state) for sequence, state in enumerate(states) for alert in alerts]


def transition(alert: int, sequence: int, state: str) -> AlertTransition:
    """Step `sequence` of alert number `alert`, of a sensor of its own."""
    at = START + timedelta(minutes=alert, seconds=sequence)
    fields = {
        "alert_id": f"{alert:032x}",
        "sequence": sequence,
        "state": state,
        "rule_id": "temperature-high",
        "rule_version": 1,
        "kind": "threshold",
        "severity": "high",
        "sensor_id": f"SENSOR_{alert:05}",
        "sensor_type": "temperature",
        "location": "Tangier-Port",
        "unit": "Celsius",
        "opened_at": START + timedelta(minutes=alert),
        "event_time": at,
        "last_seen": at,
        "count": sequence + 1,
        "value": 41.0,
        "peak": 44.0,
        "limit": 40.0,
        "message": "temperature is above 40",
        "reading_id": "019ca8f5-2c00-7a2b-8c3d-0123456789ab",
        "appended_at": at,
    }
    return msgspec.convert(fields, AlertTransition)


async def publish(broker: KafkaBroker, messages: Sequence[AlertTransition | bytes]) -> None:
    """Write to `iot-alerts`, acknowledged when this returns."""
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap) as producer:
        for one in messages:
            await producer.send(IOT_ALERTS.name, value=one if isinstance(one, bytes) else msgspec.json.encode(one))
        await producer.flush()


def _query(broker: KafkaBroker, postgres: PostgresProcess, log: Path) -> AbstractContextManager[QueryProcess]:
    return query_process(broker.bootstrap, log, postgres.query_api_settings() | SETTINGS)


async def _webhook(http: httpx.AsyncClient, query: QueryProcess, url: str) -> str:
    made: list[str] = []

    async def is_made() -> bool:
        answer = await http.post(f"{query.url}/v1/webhooks", json={"name": "on-call", "url": url})
        made.extend([answer.json()["webhook_id"]] if answer.status_code == httpx.codes.CREATED else [])
        return bool(made)

    await wait_until(is_made, deadline_s=30, otherwise="no webhook can be made")
    return made[0]


async def _judge(
    http: httpx.AsyncClient, query: QueryProcess, receiver: Receiver, webhook_id: str, log: Sequence[AlertTransition]
) -> list[str]:
    """What was not kept."""
    told = {
        str(uuid5(NAMESPACE_URL, f"{webhook_id}/{one.sequence}/{one.alert_id}"))
        for one in log
        if one.state in ("opened", "cleared")
    }

    async def is_settled() -> bool:
        return {one for one, _, is_ok in receiver.got if is_ok} >= told and not await _waiting(http, query, webhook_id)

    failures = []
    try:
        await wait_until(is_settled, deadline_s=SETTLED_WITHIN_S, otherwise="not settled")
    except AssertionError:
        lost = told - {one for one, _, is_ok in receiver.got if is_ok}
        failures.append(f"{len(lost)} webhooks lost after {SETTLED_WITHIN_S} s")
    if new := {one for one, _, _ in receiver.got} - told:
        failures.append(f"{len(new)} webhooks with ids of their own")
    deliveries = await _deliveries(http, query, webhook_id)
    if len(deliveries) != len(told):
        failures.append(f"{len(deliveries)} deliveries of {len(told)}")
    noted = {
        one["delivery_id"]: datetime.fromisoformat(at).timestamp() for one in deliveries if (at := one["delivered_at"])
    }
    after = [one for one, came, _ in receiver.got if one in noted and came > noted[one]]
    if after:
        failures.append(f"{len(after)} requests after a noted 2xx")
    for alert_id in sorted({one.alert_id for one in log}):
        detail = (await http.get(f"{query.url}/v1/alerts/{alert_id}")).json()
        sequences = [one["sequence"] for one in detail.get("history", ())]
        if sorted(sequences) != list(range(UPDATES + 2)) or detail["alert"]["status"] != "cleared":
            failures.append(f"alert {alert_id}: steps {sequences}, {detail.get('alert', {}).get('status')}")
    return failures


async def _waiting(http: httpx.AsyncClient, query: QueryProcess, webhook_id: str) -> int:
    return sum(one["delivered_at"] is None for one in await _deliveries(http, query, webhook_id))


async def _deliveries(http: httpx.AsyncClient, query: QueryProcess, webhook_id: str) -> list[dict[str, Any]]:
    answer = await http.get(f"{query.url}/v1/webhooks/{webhook_id}/deliveries?limit=1000")
    deliveries: list[dict[str, Any]] = answer.json().get("deliveries", [])
    return deliveries
