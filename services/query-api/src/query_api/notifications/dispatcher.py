"""Sends deliveries that are due: claimed in one transaction, sent, their outcome noted in another."""

import asyncio
from datetime import timedelta

import httpx

from query_api.database.clock import Now, utc_now
from query_api.database.connection import Database
from query_api.database.models import Delivery, Webhook
from query_api.errors import DatabaseUnavailableError
from query_api.notifications.backoff import pause_s
from query_api.notifications.repository import claim_due, disable_webhook, note_delivered, note_failed
from query_api.notifications.signing import signed_headers
from service_kit.logging import get_logger

MAX_CONCURRENT = 16
LEASE_S = 60.0
LOOK_INTERVAL_S = 0.5
GONE = 410
_log = get_logger(__name__)


class Dispatcher:
    """Delivers each notification until it gets a 2xx, with the same id at each attempt; then never again.

    A process that dies after the receiver answered and before that was noted sends it once more, with the same id.
    """

    def __init__(self, database: Database, client: httpx.AsyncClient, timeout_s: float, now: Now = utc_now) -> None:
        self._database = database
        self._client = client
        self._timeout_s = timeout_s
        self._now = now

    async def run(self) -> None:
        """Deliver until cancelled."""
        while True:
            await self._database.ready()
            try:
                sent = await self.send_due()
            except DatabaseUnavailableError as error:
                _log.warning("deliveries wait", why=str(error))
                continue
            if not sent:
                await asyncio.sleep(LOOK_INTERVAL_S)

    async def send_due(self) -> int:
        """Send what is due, at most MAX_CONCURRENT at once; returns how many attempts that were."""
        async with self._database.transaction() as session:
            claimed = await claim_due(session, self._now(), MAX_CONCURRENT, LEASE_S)
        await asyncio.gather(*(self._send(delivery, webhook) for delivery, webhook in claimed))
        return len(claimed)

    async def _send(self, delivery: Delivery, webhook: Webhook) -> None:
        headers = signed_headers(webhook.secret, str(delivery.delivery_id), int(self._now().timestamp()), delivery.body)
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._client.post(webhook.url, content=delivery.body.encode(), headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            await self._note_failure(delivery, None, f"{type(error).__name__}: {error}")
            return
        if answer.is_success:
            async with self._database.transaction() as session:
                await note_delivered(session, delivery.delivery_id, answer.status_code, self._now())
            return
        await self._note_failure(delivery, answer.status_code, f"it answered {answer.status_code}")

    async def _note_failure(self, delivery: Delivery, status: int | None, error: str) -> None:
        pause = pause_s(delivery.attempts)
        again = None if pause is None or status == GONE else self._now() + timedelta(seconds=pause)
        _log.warning("a delivery failed", delivery=str(delivery.delivery_id), error=error, next_attempt=str(again))
        async with self._database.transaction() as session:
            await note_failed(session, delivery.delivery_id, status, error, again)
            if status == GONE:
                await disable_webhook(session, delivery.webhook_id)
