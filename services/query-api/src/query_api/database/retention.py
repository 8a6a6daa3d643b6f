"""Deletes what is older than it is kept, so that the database does not grow for ever."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from query_api.database.clock import Now, utc_now
from query_api.database.connection import Database
from query_api.database.models import AlertRow, Delivery, Silence
from query_api.errors import DatabaseUnavailableError
from service_kit.logging import get_logger

INTERVAL_S = 3600.0
CHUNK = 1000
_log = get_logger(__name__)


class Retention:
    """Deletes closed alerts with their history, finished deliveries and past silences after `days`. Open alerts stay.

    `days` must exceed what Kafka keeps of `iot-alerts`: an alert read again would be made again.
    """

    def __init__(self, database: Database, days: int, now: Now = utc_now) -> None:
        self._database = database
        self._days = days
        self._now = now

    async def run(self) -> None:
        """Delete once an hour until cancelled."""
        while True:
            await self._database.ready()
            try:
                await self.delete_old()
            except DatabaseUnavailableError as error:
                _log.warning("old alerts are not deleted yet", why=str(error))
                continue
            await asyncio.sleep(INTERVAL_S)

    async def delete_old(self) -> int:
        """Delete what is too old, in small transactions; returns how many rows that were."""
        before = self._now() - timedelta(days=self._days)
        deleted = 0
        for key, condition in _old(before):
            while True:
                async with self._database.transaction() as session:
                    some = sa.select(key).where(condition).limit(CHUNK)
                    gone = await session.execute(sa.delete(key.class_).where(key.in_(some)).returning(key))
                    number = len(gone.all())
                deleted += number
                if number < CHUNK:
                    break
        return deleted


def _old(before: datetime) -> list[tuple[Any, sa.ColumnElement[bool]]]:
    is_closed = sa.or_(
        AlertRow.cleared_at.is_not(None), AlertRow.superseded_by.is_not(None), AlertRow.resolved_at.is_not(None)
    )
    return [
        (AlertRow.alert_id, sa.and_(is_closed, AlertRow.last_seen < before)),
        (
            Delivery.delivery_id,
            sa.and_(Delivery.next_attempt_at.is_(None), Delivery.held_by.is_(None), Delivery.created_at < before),
        ),
        (Silence.silence_id, Silence.until < before),
    ]
