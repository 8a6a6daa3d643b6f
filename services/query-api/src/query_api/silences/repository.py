"""Silences in PostgreSQL. Every function works in the transaction that it is given."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from query_api.database.models import AlertRow, Silence
from query_api.silences.matcher import Matcher

MAX_ACTIVE = 1000
MAX_LISTED = 1000


async def active_matchers(session: AsyncSession, now: datetime) -> list[Matcher]:
    """The matchers of the silences that are active; at most MAX_ACTIVE are made."""
    found = await session.scalars(sa.select(Silence.matcher).where(Silence.until > now).limit(MAX_ACTIVE))
    return [msgspec.convert(matcher, Matcher) for matcher in found]


async def count_active(session: AsyncSession, now: datetime) -> int:
    """How many silences are active."""
    return await session.scalar(sa.select(sa.func.count()).select_from(Silence).where(Silence.until > now)) or 0


async def list_silences(session: AsyncSession) -> list[Silence]:
    """All silences that are kept, those that end last first."""
    return list(
        await session.scalars(sa.select(Silence).order_by(Silence.until.desc(), Silence.silence_id).limit(MAX_LISTED))
    )


async def add_silence(session: AsyncSession, **fields: Any) -> Silence:
    """Store a new silence."""
    silence = Silence(**fields)
    session.add(silence)
    await session.flush()
    return silence


async def end_silence(session: AsyncSession, silence_id: UUID, now: datetime) -> Silence | None:
    """End a silence now, unless it has ended; None when there is none of this id."""
    silence = await session.get(Silence, silence_id, with_for_update=True)
    if silence is not None and silence.until > now:
        silence.until = now
    return silence


async def sensors_of(
    session: AsyncSession, conditions: Sequence[sa.ColumnElement[bool]], limit: int
) -> tuple[int, list[str]]:
    """How many alerts match, and the first of their sensors."""
    number = await session.scalar(sa.select(sa.func.count()).select_from(AlertRow).where(*conditions))
    sensors = await session.scalars(
        sa.select(AlertRow.sensor_id).where(*conditions).distinct().order_by(AlertRow.sensor_id).limit(limit)
    )
    return number or 0, list(sensors)
