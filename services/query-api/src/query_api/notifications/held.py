"""Deliveries that are held back because their alert is inhibited. Works in the transaction that it is given."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from query_api.database.conditions import is_active_alert, is_one_of
from query_api.database.models import AlertRow, Delivery
from query_api.silences.matcher import Matcher


async def held_deliveries(session: AsyncSession, alert_ids: Sequence[str]) -> set[tuple[UUID, str]]:
    """Webhook and alert of what is held back of these alerts."""
    if not alert_ids:
        return set()
    found = await session.execute(
        sa.select(Delivery.webhook_id, Delivery.alert_id).where(
            Delivery.held_by.is_not(None), is_one_of(Delivery.alert_id, alert_ids)
        )
    )
    return {(webhook_id, alert_id) for webhook_id, alert_id in found}


async def settle_held(
    session: AsyncSession, inhibited: Mapping[str, str | None], silences: Sequence[Matcher], now: datetime
) -> None:
    """Send, drop or go on to hold what is held back of alerts, by what inhibits each of them now."""
    held = await session.execute(
        sa.select(Delivery, AlertRow, is_active_alert())
        .join(AlertRow, AlertRow.alert_id == Delivery.alert_id)
        .where(Delivery.held_by.is_not(None), is_one_of(Delivery.alert_id, list(inhibited)))
        .with_for_update(of=Delivery)
    )
    for delivery, alert, is_active in held:
        inhibited_by = inhibited[alert.alert_id]
        if inhibited_by is not None and is_active:
            delivery.held_by = inhibited_by
        elif inhibited_by is not None:
            delivery.held_by, delivery.last_error = None, f"not sent: alert {inhibited_by} inhibited it until its end"
        elif any(silence.matches(alert) for silence in silences):
            delivery.held_by, delivery.last_error = None, "not sent: it was silenced when it came into force"
        else:
            delivery.held_by, delivery.next_attempt_at = None, now
