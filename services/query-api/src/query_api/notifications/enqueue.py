"""Decides who is told about alerts, in the transaction that changes them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from iot_contracts.alerts import AlertTransition
from query_api.database.clock import Now, utc_now
from query_api.database.models import Webhook
from query_api.inhibitions.decide import decide
from query_api.notifications.held import held_deliveries, settle_held
from query_api.notifications.payload import NOTIFIED, OPENED, delivery_id, notification_body
from query_api.notifications.repository import add_deliveries, list_webhooks
from query_api.silences.matcher import Matcher
from query_api.silences.repository import active_matchers


class Notifier:
    """Makes one delivery a webhook and transition, unless a silence matches the alert.

    What is said of an inhibited alert is held back until it comes into force, and dropped when it ends before that.
    """

    def __init__(self, now: Now = utc_now) -> None:
        self._now = now

    async def enqueue(self, session: AsyncSession, transitions: Sequence[AlertTransition]) -> None:
        """Decide the deliveries of transitions that were applied for the first time, and what is inhibited by now."""
        inhibited = await decide(session, [one.alert_id for one in transitions])
        now = self._now()
        silences = await active_matchers(session, now)
        webhooks = await list_webhooks(session, only_enabled=True)
        loud = [
            (webhook, one)
            for one in transitions
            if one.state in NOTIFIED and not _is_silenced(one, silences)
            for webhook in webhooks
            if not webhook.severities or str(one.severity) in webhook.severities
        ]
        opened = [pair for pair in loud if pair[1].state == OPENED]
        await add_deliveries(session, [_delivery(*pair, now, inhibited.get(pair[1].alert_id)) for pair in opened])
        ended = [pair for pair in loud if pair[1].state != OPENED]
        # Whoever was not told that it began does not care that it is over.
        unsaid = await held_deliveries(session, [one.alert_id for _, one in ended if inhibited.get(one.alert_id)])
        await add_deliveries(
            session,
            [_delivery(*pair, now) for pair in ended if (pair[0].webhook_id, pair[1].alert_id) not in unsaid],
        )
        await settle_held(session, inhibited, silences, now)

    async def decide(self, session: AsyncSession, alert_ids: Sequence[str] | None = None) -> None:
        """Decide what is inhibited after these alerts were closed, None: after inhibitions were changed."""
        inhibited = await decide(session, alert_ids)
        now = self._now()
        await settle_held(session, inhibited, await active_matchers(session, now), now)


def _is_silenced(alert: object, silences: Sequence[Matcher]) -> bool:
    return any(silence.matches(alert) for silence in silences)


def _delivery(
    webhook: Webhook, transition: AlertTransition, now: datetime, held_by: str | None = None
) -> Mapping[str, object]:
    return {
        "delivery_id": delivery_id(webhook.webhook_id, transition.alert_id, transition.sequence),
        "webhook_id": webhook.webhook_id,
        "alert_id": transition.alert_id,
        "sequence": transition.sequence,
        "body": notification_body(transition),
        "created_at": now,
        "next_attempt_at": None if held_by else now,
        "held_by": held_by,
    }
