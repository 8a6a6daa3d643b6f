"""Notifications to a real HTTP server: none lost, no new id, none after a recorded 2xx."""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import httpx
import msgspec
import pytest
import sqlalchemy as sa

from iot_contracts.alerts import AlertTransition
from query_api.alerts.repository import apply_transitions
from query_api.database.clock import utc_now
from query_api.database.connection import Database
from query_api.database.models import Delivery
from query_api.notifications.dispatcher import LEASE_MARGIN_S, Dispatcher
from query_api.notifications.enqueue import Notifier
from query_api.notifications.schemas import NewWebhookAnswer, WebhookBody
from query_api.notifications.service import NotificationsService
from query_api.silences.schemas import MatcherBody, SilenceBody
from query_api.silences.service import SilencesService

TIMEOUT_S = 5.0
LEASE_S = TIMEOUT_S + LEASE_MARGIN_S
Make = Callable[..., AlertTransition]


class Receiver:
    """An HTTP server that keeps what it gets and answers with `status`."""

    def __init__(self) -> None:
        self.status = 200
        self.got: list[tuple[dict[str, str], str]] = []
        self.url = ""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        raw = {line.split(": ", 1)[0].lower(): line.split(": ", 1)[1] for line in head[1:] if line}
        body = (await reader.readexactly(int(headers["content-length"]))).decode()
        self.got.append((raw, body))
        writer.write(f"HTTP/1.1 {self.status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.got]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.handle, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    async with server:
        yield receiver


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


@pytest.fixture
async def webhook(database: Database, receiver: Receiver) -> NewWebhookAnswer:
    body = WebhookBody.model_validate({"name": "on-call", "url": receiver.url, "severities": ["high"]})
    return await NotificationsService(database).create(body)


async def apply(database: Database, *transitions: AlertTransition) -> None:
    async with database.transaction() as session:
        await Notifier().enqueue(session, await apply_transitions(session, transitions))


def dispatcher(database: Database, client: httpx.AsyncClient, later_s: float = 0) -> Dispatcher:
    return Dispatcher(database, client, TIMEOUT_S, lambda: utc_now() + timedelta(seconds=later_s))


async def test_a_notification_is_signed_and_sent_once(
    database: Database, client: httpx.AsyncClient, transition: Make, webhook: NewWebhookAnswer, receiver: Receiver
) -> None:
    await apply(database, transition(1, 1, "opened"), transition(1, 2, "updated"))
    await apply(database, transition(1, 1, "opened"))
    assert await dispatcher(database, client).send_due() == 1
    assert await dispatcher(database, client, later_s=86_400).send_due() == 0
    [(headers, body)] = receiver.got
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body}".encode()
    key = base64.b64decode(webhook.secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert msgspec.json.decode(body)["type"] == "alert.opened"
    assert msgspec.json.decode(body)["data"]["alert_id"] == f"{1:032x}"


async def test_a_failed_delivery_is_tried_again_with_the_same_id(
    database: Database, client: httpx.AsyncClient, transition: Make, webhook: NewWebhookAnswer, receiver: Receiver
) -> None:
    await apply(database, transition(1, 1, "opened"))
    receiver.status = 500
    await dispatcher(database, client).send_due()
    assert await dispatcher(database, client, later_s=1).send_due() == 0
    receiver.status = 204
    assert await dispatcher(database, client, later_s=6).send_due() == 1
    assert len(set(receiver.ids)) == 1
    [log] = (await NotificationsService(database).deliveries(webhook.webhook_id, 10)).deliveries
    assert (log.attempts, log.last_status, log.next_attempt_at) == (2, 204, None)
    assert log.delivered_at is not None


@pytest.mark.usefixtures("webhook")
async def test_a_receiver_that_is_away_loses_nothing(
    database: Database, client: httpx.AsyncClient, transition: Make
) -> None:
    service = NotificationsService(database)
    away = await service.create(WebhookBody.model_validate({"name": "away", "url": "http://127.0.0.1:1/"}))
    await apply(database, transition(1, 1, "opened"))
    await dispatcher(database, client).send_due()
    [log] = (await service.deliveries(away.webhook_id, 10)).deliveries
    assert (log.attempts, log.last_status) == (1, None)
    assert log.next_attempt_at is not None


@pytest.mark.usefixtures("webhook")
async def test_20_kills_lose_nothing_and_make_no_new_id(
    database: Database, client: httpx.AsyncClient, transition: Make, receiver: Receiver
) -> None:
    """Each round dies at another point of the attempt; the next process begins when the lease has ended."""
    await apply(database, *(transition(number, 1, "opened") for number in range(20)))
    for kill in range(20):
        attempt = asyncio.create_task(dispatcher(database, client, later_s=kill * 2 * LEASE_S).send_due())
        seen = len(receiver.got)
        while not attempt.done() and len(receiver.got) < seen + kill % 5:  # noqa: ASYNC110 - it dies at any step
            await asyncio.sleep(0)
        attempt.cancel()
        await asyncio.wait([attempt])
    last = dispatcher(database, client, later_s=50 * LEASE_S + 4000)
    while await last.send_due():
        pass
    async with database.transaction() as session:
        stored = list(await session.scalars(sa.select(Delivery)))
    assert {str(one.delivery_id) for one in stored} == set(receiver.ids)
    assert len(stored) == 20
    assert all(one.delivered_at is not None for one in stored)
    before = len(receiver.got)
    assert await dispatcher(database, client, later_s=10**6).send_due() == 0
    assert len(receiver.got) == before


@pytest.mark.usefixtures("webhook")
async def test_silenced_alerts_and_other_severities_are_not_sent(
    database: Database, client: httpx.AsyncClient, transition: Make, receiver: Receiver
) -> None:
    matcher = MatcherBody.model_validate({"sensor_id": ["SENSOR_1"]})
    until = utc_now() + timedelta(hours=1)
    await SilencesService(database).create(SilenceBody(matcher=matcher, until=until, reason="works", by="ana"))
    await apply(database, transition(1, 1, "opened"), transition(2, 1, "opened", severity="low"))
    assert await dispatcher(database, client).send_due() == 0


async def test_a_receiver_that_says_gone_gets_nothing_more(
    database: Database, client: httpx.AsyncClient, transition: Make, webhook: NewWebhookAnswer, receiver: Receiver
) -> None:
    receiver.status = 410
    await apply(database, transition(1, 1, "opened"))
    await dispatcher(database, client).send_due()
    await apply(database, transition(2, 1, "opened"))
    assert await dispatcher(database, client, later_s=86_400).send_due() == 0
    [left] = (await NotificationsService(database).list_webhooks()).webhooks
    assert (left.webhook_id, left.enabled) == (webhook.webhook_id, False)
