"""Decides who is told about new transitions, in the transaction that applies them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from iot_contracts.alerts import AlertTransition
from query_api.database.clock import Now, utc_now
from query_api.database.models import Webhook
from query_api.notifications.payload import NOTIFIED, delivery_id, notification_body
from query_api.notifications.repository import add_deliveries, list_webhooks
from query_api.silences.repository import active_matchers


class Notifier:
    """Makes one delivery a webhook and transition, unless a silence matches the alert."""

    def __init__(self, now: Now = utc_now) -> None:
        self._now = now

    async def enqueue(self, session: AsyncSession, transitions: Sequence[AlertTransition]) -> None:
        """Decide the deliveries of transitions that were applied for the first time."""
        webhooks = await list_webhooks(session, only_enabled=True)
        if not webhooks:
            return
        now = self._now()
        silences = await active_matchers(session, now)
        loud = [
            one
            for one in transitions
            if one.state in NOTIFIED and not any(silence.matches(one) for silence in silences)
        ]
        await add_deliveries(
            session,
            [
                _delivery(webhook, one, now)
                for one in loud
                for webhook in webhooks
                if not webhook.severities or str(one.severity) in webhook.severities
            ],
        )


def _delivery(webhook: Webhook, transition: AlertTransition, now: datetime) -> dict[str, object]:
    return {
        "delivery_id": delivery_id(webhook.webhook_id, transition.alert_id, transition.sequence),
        "webhook_id": webhook.webhook_id,
        "alert_id": transition.alert_id,
        "sequence": transition.sequence,
        "body": notification_body(transition),
        "created_at": now,
        "next_attempt_at": now,
    }
