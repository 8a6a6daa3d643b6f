"""What is old and closed is deleted, what is open stays."""

from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa

from iot_contracts.alerts import AlertTransition
from query_api.alerts.repository import apply_transitions, find_alerts
from query_api.database.connection import Database
from query_api.database.models import AlertEvent
from query_api.database.retention import Retention


async def test_closed_alerts_go_with_their_history_and_open_ones_stay(
    database: Database, transition: Callable[..., AlertTransition]
) -> None:
    new = transition(3, 0, "opened")
    async with database.transaction() as session:
        await apply_transitions(
            session, [transition(1, 0, "opened"), transition(1, 1, "cleared"), transition(2, 0, "opened"), new]
        )
    retention = Retention(database, 30, lambda: new.last_seen + timedelta(days=31))
    assert await retention.delete_old() == 1
    assert await retention.delete_old() == 0
    async with database.transaction() as session:
        left = [alert.alert_id for alert in await find_alerts(session, [], None, 10)]
        events = await session.scalar(sa.select(sa.func.count()).select_from(AlertEvent))
    assert (left, events) == ([f"{3:032x}", f"{2:032x}"], 2)
