"""Alerts in PostgreSQL. Every function works in the transaction that it is given."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from iot_contracts.alerts import AlertTransition
from query_api.alerts.status import AlertStatus, has_status
from query_api.alerts.transitions import Row, age, alert_rows, event_rows, series_of
from query_api.cursors import Place
from query_api.database.models import AlertEvent, AlertRow

MAX_HISTORY = 999
_SERIES = (AlertRow.sensor_id, AlertRow.sensor_type, AlertRow.unit, AlertRow.rule_id)
_IS_OPEN = sa.and_(AlertRow.cleared_at.is_(None), AlertRow.superseded_by.is_(None))


async def apply_transitions(session: AsyncSession, transitions: Sequence[AlertTransition]) -> list[AlertTransition]:
    """Apply transitions in any order, and return those that were not applied before.

    An alert's row is its transition with the highest sequence, so that a repeated or late one changes nothing but the
    history. Four statements, however many there are.
    """
    rows = alert_rows(transitions)
    await _supersede(session, rows)
    statement = insert(AlertRow).values(rows)
    new = statement.excluded
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[AlertRow.alert_id],
            set_={
                **{name: new[name] for name in rows[0] if name not in ("alert_id", "superseded_by")},
                "superseded_by": sa.case(
                    (new.cleared_at.is_not(None), None),
                    else_=sa.func.coalesce(AlertRow.superseded_by, new.superseded_by),
                ),
            },
            where=AlertRow.sequence < new.sequence,
        )
    )
    applied = await session.execute(
        insert(AlertEvent)
        .values(event_rows(transitions))
        .on_conflict_do_nothing(index_elements=[AlertEvent.alert_id, AlertEvent.sequence])
        .returning(AlertEvent.alert_id, AlertEvent.sequence)
    )
    is_new = {(alert_id, sequence) for alert_id, sequence in applied}
    distinct = {(one.alert_id, one.sequence): one for one in transitions}
    return [one for key, one in distinct.items() if key in is_new]


async def _supersede(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Make room for those of `rows` that are open: of two open alerts in a series the older is superseded."""
    coming = {series_of(row): row for row in sorted(rows, key=age) if row["cleared_at"] is None}
    if not coming:
        return
    found = await session.execute(
        sa.select(AlertRow.alert_id, AlertRow.opened_at, *_SERIES).where(
            sa.tuple_(*_SERIES).in_(list(coming)), _IS_OPEN
        )
    )
    for held in (dict(one) for one in found.mappings()):
        row = coming[series_of(held)]
        if held["alert_id"] == row["alert_id"]:
            continue
        older, newer = sorted((held, row), key=age)
        if older is held:
            await session.execute(
                sa.update(AlertRow).where(AlertRow.alert_id == held["alert_id"]).values(superseded_by=row["alert_id"])
            )
        else:
            row["superseded_by"] = newer["alert_id"]


async def find_alerts(
    session: AsyncSession, conditions: Sequence[sa.ColumnElement[bool]], after: Place | None, limit: int
) -> list[AlertRow]:
    """The newest alerts that match, after a place in their order."""
    statement = sa.select(AlertRow).where(*conditions)
    if after is not None:
        statement = statement.where(sa.tuple_(AlertRow.opened_at, AlertRow.alert_id) < sa.tuple_(*after))
    statement = statement.order_by(AlertRow.opened_at.desc(), AlertRow.alert_id.desc()).limit(limit)
    return list(await session.scalars(statement))


async def count_open(session: AsyncSession, now: datetime) -> dict[str, int]:
    """Severity → how many alerts have the status open and are in force."""
    counted = await session.execute(
        sa.select(AlertRow.severity, sa.func.count())
        .where(has_status(AlertStatus.OPEN, now), AlertRow.inhibited_by.is_(None))
        .group_by(AlertRow.severity)
    )
    return {row[0]: row[1] for row in counted}


async def get_alert(session: AsyncSession, alert_id: str, *, lock: bool = False) -> AlertRow | None:
    """One alert; with `lock` nobody else changes it before this transaction ends."""
    statement = sa.select(AlertRow).where(AlertRow.alert_id == alert_id)
    return await session.scalar(statement.with_for_update() if lock else statement)


async def history_of(session: AsyncSession, alert_id: str) -> list[AlertEvent]:
    """The first event and the newest MAX_HISTORY, oldest first."""
    of_it = sa.select(AlertEvent).where(AlertEvent.alert_id == alert_id)
    newest = list(await session.scalars(of_it.order_by(AlertEvent.id.desc()).limit(MAX_HISTORY)))
    first = await session.scalar(of_it.order_by(AlertEvent.id).limit(1))
    if first is not None and first.id not in {event.id for event in newest}:
        newest.append(first)
    return sorted(newest, key=lambda event: event.id)


async def add_action(session: AsyncSession, **fields: Any) -> None:
    """Note in the history what somebody did."""
    await session.execute(sa.insert(AlertEvent).values(**fields))
