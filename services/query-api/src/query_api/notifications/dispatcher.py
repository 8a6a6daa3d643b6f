"""Sends deliveries that are due: claimed in one transaction, sent, their outcome noted in another."""

import asyncio
from datetime import timedelta
from smtplib import SMTPException

import httpx

from query_api.database.clock import Now, utc_now
from query_api.database.connection import Database
from query_api.database.models import Delivery, Webhook
from query_api.errors import DatabaseUnavailableError
from query_api.notifications.backoff import pause_s
from query_api.notifications.mail import SCHEME, MailServer, mail_of
from query_api.notifications.repository import claim_due, disable_webhook, note_delivered, note_failed
from query_api.notifications.signing import signed_headers
from service_kit.logging import get_logger

MAX_CONCURRENT = 16
LEASE_MARGIN_S = 10.0
"""So long after an attempt has ended at the latest, whoever began it must have died."""
LOOK_INTERVAL_S = 0.5
GONE = 410
_FAILURES = (httpx.HTTPError, httpx.InvalidURL, SMTPException, OSError, ValueError)
_log = get_logger(__name__)


class Dispatcher:
    """Delivers each notification until it gets a 2xx (SMTP's 250), with the same id at each attempt; then never again.

    A process that dies after the receiver answered and before that was noted sends it once more, with the same id.
    """

    def __init__(
        self,
        database: Database,
        client: httpx.AsyncClient,
        timeout_s: float,
        now: Now = utc_now,
        mail: MailServer | None = None,
    ) -> None:
        self._database = database
        self._client = client
        self._mail = mail
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
            claimed = await claim_due(session, self._now(), MAX_CONCURRENT, self._timeout_s + LEASE_MARGIN_S)
        await asyncio.gather(*(self._send(delivery, webhook) for delivery, webhook in claimed))
        return len(claimed)

    async def _send(self, delivery: Delivery, webhook: Webhook) -> None:
        send = self._by_mail if webhook.url.startswith(SCHEME) else self._by_http
        try:
            async with asyncio.timeout(self._timeout_s):
                status = await send(delivery, webhook)
        except _FAILURES as error:
            await self._note_failure(delivery, None, f"{type(error).__name__}: {error}")
            return
        if httpx.codes.is_success(status):
            async with self._database.transaction() as session:
                await note_delivered(session, delivery.delivery_id, status, self._now())
            return
        await self._note_failure(delivery, status, f"it answered {status}")

    async def _by_http(self, delivery: Delivery, webhook: Webhook) -> int:
        headers = signed_headers(webhook.secret, str(delivery.delivery_id), int(self._now().timestamp()), delivery.body)
        answer = await self._client.post(webhook.url, content=delivery.body.encode(), headers=headers)
        return int(answer.status_code)

    async def _by_mail(self, delivery: Delivery, webhook: Webhook) -> int:
        """The server's code; 250, as 200 of HTTP, says that it is its business now."""
        if self._mail is None:
            raise ValueError("no mail server is set: QUERY_API_SMTP_HOST")
        message = mail_of(delivery.body, str(delivery.delivery_id), webhook.url, self._mail.sender)
        return await asyncio.to_thread(self._mail.send, message, self._timeout_s)

    async def _note_failure(self, delivery: Delivery, status: int | None, error: str) -> None:
        pause = pause_s(delivery.attempts)
        again = None if pause is None or status == GONE else self._now() + timedelta(seconds=pause)
        _log.warning("a delivery failed", delivery=str(delivery.delivery_id), error=error, next_attempt=str(again))
        async with self._database.transaction() as session:
            await note_failed(session, delivery.delivery_id, status, error, again)
            if status == GONE:
                await disable_webhook(session, delivery.webhook_id)
