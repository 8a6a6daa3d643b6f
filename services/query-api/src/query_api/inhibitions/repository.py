"""Inhibitions in PostgreSQL. Every function works in the transaction that it is given."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from query_api.database.conditions import is_active_alert
from query_api.database.models import AlertRow, Inhibition
from query_api.inhibitions.rule import InhibitionRule

MAX_INHIBITIONS = 100
_LOCK = 0x696F7469
"""Advisory lock of those who change what inhibition follows from ("ioti"): each decides by all that is committed."""


async def lock_decisions(session: AsyncSession) -> None:
    """Have others who begin or end alerts, or change inhibitions, wait until this transaction ends.

    To be taken before any alert is locked or changed, so that nobody waits in a circle.
    """
    await session.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


async def list_inhibitions(session: AsyncSession) -> list[Inhibition]:
    """All inhibitions, oldest first."""
    return list(await session.scalars(sa.select(Inhibition).order_by(Inhibition.created_at, Inhibition.inhibition_id)))


async def all_rules(session: AsyncSession) -> list[InhibitionRule]:
    """All of them as rules."""
    return [InhibitionRule.of(row) for row in await list_inhibitions(session)]


async def add_inhibition(session: AsyncSession, **fields: Any) -> Inhibition:
    """Store a new inhibition."""
    inhibition = Inhibition(**fields)
    session.add(inhibition)
    await session.flush()
    return inhibition


async def delete_inhibition(session: AsyncSession, inhibition_id: UUID) -> bool:
    """Delete an inhibition; whether there was one."""
    deleted = await session.execute(
        sa.delete(Inhibition).where(Inhibition.inhibition_id == inhibition_id).returning(Inhibition.inhibition_id)
    )
    return deleted.first() is not None


async def targets_of(session: AsyncSession, rule: InhibitionRule, limit: int) -> tuple[int, list[str]]:
    """How many active alerts a rule would inhibit that nothing inhibits now, and the first of their sensors."""
    source, target = aliased(AlertRow), aliased(AlertRow)
    is_inhibited = sa.exists().where(is_active_alert(source), rule.inhibits(source, target))
    conditions = (is_active_alert(target), target.inhibited_by.is_(None), is_inhibited)
    number = await session.scalar(sa.select(sa.func.count()).select_from(target).where(*conditions))
    sensors = await session.scalars(
        sa.select(target.sensor_id).where(*conditions).distinct().order_by(target.sensor_id).limit(limit)
    )
    return number or 0, list(sensors)
