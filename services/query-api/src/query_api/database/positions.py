"""Where in a topic a consumer goes on: kept with what its messages changed. Works in a given transaction."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from query_api.database.models import TopicPosition
from service_kit.kafka_log import TopicLog
from service_kit.logging import get_logger

_log = get_logger(__name__)


async def start_of(session: AsyncSession, topic: str, partition: int, log: TopicLog) -> int:
    """The offset to read from: the stored one, where it is one of this log; else the oldest that there is."""
    oldest, end = log.starts[partition], log.ends[partition]
    stored = await session.get(TopicPosition, (topic, partition))
    if stored is None:
        return oldest
    if stored.topic_id != log.topic_id or stored.next_offset > end:
        _log.warning("the topic was made anew, reading it from its beginning", topic=topic)
        return oldest
    if stored.next_offset < oldest:
        _log.error("messages expired before they were read", topic=topic, first=stored.next_offset, last=oldest - 1)
        return oldest
    return stored.next_offset


async def lock_position(session: AsyncSession, topic: str, partition: int, topic_id: str) -> int | None:
    """The stored position in this topic; None when there is none. Others wait until this transaction ends."""
    await session.execute(
        sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": f"{topic}:{partition}"}
    )
    stored = await session.get(TopicPosition, (topic, partition))
    return None if stored is None or stored.topic_id != topic_id else stored.next_offset


async def move_position(session: AsyncSession, topic: str, partition: int, topic_id: str, next_offset: int) -> None:
    """Store where to go on."""
    statement = insert(TopicPosition).values(
        topic=topic, partition=partition, topic_id=topic_id, next_offset=next_offset
    )
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[TopicPosition.topic, TopicPosition.partition],
            set_={"topic_id": statement.excluded.topic_id, "next_offset": statement.excluded.next_offset},
        )
    )
