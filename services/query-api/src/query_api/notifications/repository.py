"""Webhooks and deliveries in PostgreSQL. Every function works in the transaction that it is given."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from query_api.database.models import Delivery, Webhook

MAX_WEBHOOKS = 100
MAX_ERROR_LENGTH = 500


async def list_webhooks(session: AsyncSession, *, only_enabled: bool = False) -> list[Webhook]:
    """The webhooks, oldest first."""
    statement = sa.select(Webhook).order_by(Webhook.created_at, Webhook.webhook_id)
    return list(await session.scalars(statement.where(Webhook.enabled) if only_enabled else statement))


async def get_webhook(session: AsyncSession, webhook_id: UUID) -> Webhook | None:
    """One webhook."""
    return await session.get(Webhook, webhook_id)


async def add_webhook(session: AsyncSession, **fields: Any) -> Webhook:
    """Store a new webhook."""
    webhook = Webhook(**fields)
    session.add(webhook)
    await session.flush()
    return webhook


async def delete_webhook(session: AsyncSession, webhook_id: UUID) -> bool:
    """Delete a webhook and its deliveries; whether there was one."""
    deleted = await session.execute(
        sa.delete(Webhook).where(Webhook.webhook_id == webhook_id).returning(Webhook.webhook_id)
    )
    return deleted.first() is not None


async def add_deliveries(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Decide deliveries; those that are there already stay as they are."""
    if rows:
        await session.execute(insert(Delivery).values(list(rows)).on_conflict_do_nothing())


async def claim_due(session: AsyncSession, now: datetime, limit: int, lease_s: float) -> list[tuple[Delivery, Webhook]]:
    """Take deliveries that are due. Until the lease ends nobody else does; a process that dies gives them back so."""
    due = (
        sa.select(Delivery, Webhook)
        .join(Webhook, Webhook.webhook_id == Delivery.webhook_id)
        .where(Delivery.next_attempt_at <= now, Webhook.enabled)
        .order_by(Delivery.next_attempt_at)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Delivery)
    )
    claimed = [(delivery, webhook) for delivery, webhook in await session.execute(due)]
    for delivery, _ in claimed:
        delivery.attempts += 1
        delivery.next_attempt_at = now + timedelta(seconds=lease_s)
    return claimed


async def note_delivered(session: AsyncSession, delivery_id: UUID, status: int, now: datetime) -> None:
    """Note a 2xx: it is never sent again."""
    await session.execute(
        sa.update(Delivery)
        .where(Delivery.delivery_id == delivery_id, Delivery.delivered_at.is_(None))
        .values(delivered_at=now, next_attempt_at=None, last_status=status, last_error=None)
    )


async def note_failed(
    session: AsyncSession, delivery_id: UUID, status: int | None, error: str, next_attempt_at: datetime | None
) -> None:
    """Note why an attempt failed, and when the next one is; None: there is none."""
    await session.execute(
        sa.update(Delivery)
        .where(Delivery.delivery_id == delivery_id, Delivery.delivered_at.is_(None))
        .values(next_attempt_at=next_attempt_at, last_status=status, last_error=error[:MAX_ERROR_LENGTH])
    )


async def disable_webhook(session: AsyncSession, webhook_id: UUID) -> None:
    """Send nothing to it any more."""
    await session.execute(sa.update(Webhook).where(Webhook.webhook_id == webhook_id).values(enabled=False))


async def deliveries_of(session: AsyncSession, webhook_id: UUID, limit: int) -> list[Delivery]:
    """The newest deliveries of a webhook."""
    statement = sa.select(Delivery).where(Delivery.webhook_id == webhook_id)
    return list(
        await session.scalars(statement.order_by(Delivery.created_at.desc(), Delivery.delivery_id).limit(limit))
    )
