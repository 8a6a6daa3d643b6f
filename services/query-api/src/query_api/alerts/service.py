"""Lists alerts, and notes what people do about them."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from query_api.alerts import repository
from query_api.alerts.schemas import (
    ActionBody,
    AlertAnswer,
    AlertDetailAnswer,
    AlertEventAnswer,
    AlertsAnswer,
    AlertsQuery,
    OpenCounts,
    SnoozeBody,
)
from query_api.alerts.status import AlertStatus, has_status, status_of
from query_api.cursors import page_token, place_of
from query_api.database.clock import Now, utc_now
from query_api.database.connection import Database
from query_api.database.models import AlertEvent, AlertRow
from query_api.errors import ConflictError, NotFoundError
from query_api.inhibitions.repository import lock_decisions
from query_api.silences.matcher import Matcher
from query_api.silences.repository import active_matchers

OnClosed = Callable[[AsyncSession, Sequence[str]], Awaitable[None]]
"""What else belongs into the transaction that closes alerts: what they inhibited comes into force."""


class AlertsService:
    """Reads and changes alerts in the database."""

    def __init__(self, database: Database, on_closed: OnClosed, now: Now = utc_now) -> None:
        self._database = database
        self._on_closed = on_closed
        self._now = now

    async def list_alerts(self, query: AlertsQuery) -> AlertsAnswer:
        """A page of alerts, newest first. Alerts that come meanwhile lie before the page: none is skipped."""
        now = self._now()
        after = None if query.page_token is None else place_of(query.page_token)
        async with self._database.transaction() as session:
            found = await repository.find_alerts(session, conditions_of(query, now), after, query.limit + 1)
            counts = await repository.count_open(session, now)
            silences = await active_matchers(session, now)
        page = found[: query.limit]
        more = len(found) > len(page)
        return AlertsAnswer(
            alerts=[alert_answer(row, now, silences) for row in page],
            open=OpenCounts(**{name: counts.get(name, 0) for name in OpenCounts.model_fields}),
            next_page_token=page_token((page[-1].opened_at, page[-1].alert_id)) if more else None,
        )

    async def get_alert(self, alert_id: str) -> AlertDetailAnswer:
        """One alert with its history. Raises NotFoundError."""
        now = self._now()
        async with self._database.transaction() as session:
            row = await repository.get_alert(session, alert_id)
            if row is None:
                raise _no_alert(alert_id)
            history = await repository.history_of(session, alert_id)
            silences = await active_matchers(session, now)
        return AlertDetailAnswer(
            alert=alert_answer(row, now, silences),
            history=[_event_answer(event) for event in history],
        )

    async def acknowledge(self, alert_id: str, body: ActionBody) -> AlertAnswer:
        """Note that somebody takes care of an active alert; a snooze of it ends."""

        def change(row: AlertRow, now: datetime) -> None:
            row.acknowledged_at, row.acknowledged_by = now, body.by
            row.snoozed_until = row.snoozed_by = None

        return await self._act(alert_id, "acknowledged", body, change)

    async def snooze(self, alert_id: str, body: SnoozeBody) -> AlertAnswer:
        """Put an active alert aside for some time."""

        def change(row: AlertRow, now: datetime) -> None:
            row.snoozed_until, row.snoozed_by = now + timedelta(seconds=body.for_s), body.by

        return await self._act(alert_id, "snoozed", body, change)

    async def resolve(self, alert_id: str, body: ActionBody) -> AlertAnswer:
        """Close an alert for people; the stream goes on to count what it is about until it clears it."""

        def change(row: AlertRow, now: datetime) -> None:
            row.resolved_at, row.resolved_by = now, body.by

        return await self._act(alert_id, "resolved", body, change)

    async def _act(
        self, alert_id: str, event: str, body: ActionBody, change: Callable[[AlertRow, datetime], None]
    ) -> AlertAnswer:
        """Change an alert and note it in its history. Raises NotFoundError, and ConflictError once it is closed."""
        now = self._now()
        async with self._database.transaction() as session:
            if event == "resolved":
                await lock_decisions(session)
            row = await repository.get_alert(session, alert_id, lock=True)
            if row is None:
                raise _no_alert(alert_id)
            status = status_of(row, now)
            if status is AlertStatus.RESOLVED or (status is AlertStatus.CLEARED and event != "resolved"):
                raise ConflictError(f"alert {alert_id} is {status} already; there is nothing left to do about it")
            change(row, now)
            await repository.add_action(session, alert_id=alert_id, event=event, at=now, by=body.by, note=body.note)
            if event == "resolved":
                await self._on_closed(session, [alert_id])
            silences = await active_matchers(session, now)
        return alert_answer(row, now, silences)


def conditions_of(query: AlertsQuery, now: datetime) -> list[sa.ColumnElement[bool]]:
    """The filters of a request as conditions."""
    conditions: list[sa.ColumnElement[bool]] = [
        getattr(AlertRow, name).in_(values)
        for name in ("severity", "kind", "rule_id", "sensor_id", "location")
        if (values := getattr(query, name))
    ]
    if query.status:
        conditions.append(sa.or_(*(has_status(status, now) for status in query.status)))
    if query.inhibited is not None:
        conditions.append(AlertRow.inhibited_by.is_not(None) if query.inhibited else AlertRow.inhibited_by.is_(None))
    if query.from_ is not None:
        conditions.append(AlertRow.opened_at >= query.from_)
    if query.to is not None:
        conditions.append(AlertRow.opened_at < query.to)
    return conditions


def alert_answer(row: AlertRow, now: datetime, silences: list[Matcher]) -> AlertAnswer:
    """An alert as it is answered."""
    stored = {name: getattr(row, name) for name in AlertAnswer.model_fields if hasattr(row, name)}
    return AlertAnswer(**stored, status=status_of(row, now), silenced=any(one.matches(row) for one in silences))


def _event_answer(event: AlertEvent) -> AlertEventAnswer:
    return AlertEventAnswer(**{name: getattr(event, name) for name in AlertEventAnswer.model_fields})


def _no_alert(alert_id: str) -> NotFoundError:
    return NotFoundError(f"there is no alert {alert_id}; GET /v1/alerts lists those that there are")
