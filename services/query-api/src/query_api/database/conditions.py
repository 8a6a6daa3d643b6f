"""Conditions on the tables that several slices use. Pure."""

import sqlalchemy as sa

from query_api.database.models import AlertRow


def is_active_alert() -> sa.ColumnElement[bool]:
    """Alerts that the stream has not cleared and nobody has resolved."""
    return sa.and_(AlertRow.cleared_at.is_(None), AlertRow.superseded_by.is_(None), AlertRow.resolved_at.is_(None))
