"""What a person sees as an alert's status, in Python and as conditions in SQL. Pure."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from query_api.database.conditions import is_active_alert
from query_api.database.models import AlertRow


class AlertStatus(StrEnum):
    """One of these at a time; the first that holds, from the bottom up."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    CLEARED = "cleared"
    RESOLVED = "resolved"


ACTIVE = (AlertStatus.OPEN, AlertStatus.ACKNOWLEDGED, AlertStatus.SNOOZED)
"""What the stream has not cleared and nobody has resolved."""


def status_of(alert: AlertRow, now: datetime) -> AlertStatus:
    """The status at `now`. Only the stream clears an alert: a sensor that fell silent leaves its alerts open."""
    if alert.resolved_at is not None:
        return AlertStatus.RESOLVED
    if alert.cleared_at is not None or alert.superseded_by is not None:
        return AlertStatus.CLEARED
    if alert.snoozed_until is not None and alert.snoozed_until > now:
        return AlertStatus.SNOOZED
    return AlertStatus.OPEN if alert.acknowledged_at is None else AlertStatus.ACKNOWLEDGED


def has_status(status: AlertStatus, now: datetime) -> sa.ColumnElement[bool]:
    """The condition for a status at `now`: what `status_of` says."""
    is_snoozed = sa.and_(AlertRow.snoozed_until.is_not(None), AlertRow.snoozed_until > now)
    is_awake = sa.or_(AlertRow.snoozed_until.is_(None), AlertRow.snoozed_until <= now)
    match status:
        case AlertStatus.RESOLVED:
            return AlertRow.resolved_at.is_not(None)
        case AlertStatus.CLEARED:
            is_cleared = sa.or_(AlertRow.cleared_at.is_not(None), AlertRow.superseded_by.is_not(None))
            return sa.and_(AlertRow.resolved_at.is_(None), is_cleared)
        case AlertStatus.SNOOZED:
            return sa.and_(is_active_alert(), is_snoozed)
        case AlertStatus.ACKNOWLEDGED:
            return sa.and_(is_active_alert(), is_awake, AlertRow.acknowledged_at.is_not(None))
        case AlertStatus.OPEN:
            return sa.and_(is_active_alert(), is_awake, AlertRow.acknowledged_at.is_(None))
