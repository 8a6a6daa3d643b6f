"""The outbox in PostgreSQL. Every function works in the transaction that it is given."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from query_api.database.models import OutboxMessage

_LOCK = 0x696F746F
"""Advisory lock of the process that publishes ("ioto"): messages of a key stay in order."""


async def add_message(session: AsyncSession, topic: str, key: str, value: bytes | None) -> None:
    """Decide a message together with what it is about; no value is a tombstone."""
    await session.execute(sa.insert(OutboxMessage).values(topic=topic, key=key, value=value))


async def acquire_turn(session: AsyncSession) -> bool:
    """Whether this process publishes until the transaction ends; False while another one does."""
    return bool(await session.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(_LOCK))))


async def oldest_messages(session: AsyncSession, limit: int) -> list[OutboxMessage]:
    """What is to be published next, in order."""
    return list(await session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id).limit(limit)))


async def delete_messages(session: AsyncSession, messages: Sequence[OutboxMessage]) -> None:
    """Forget what was acknowledged."""
    await session.execute(sa.delete(OutboxMessage).where(OutboxMessage.id.in_([one.id for one in messages])))
