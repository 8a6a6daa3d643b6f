"""Conditions on the tables that several slices use. Pure."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from query_api.database.models import AlertRow


def is_active_alert(of: type[AlertRow] = AlertRow) -> sa.ColumnElement[bool]:
    """Alerts, or those of an alias, that the stream has not cleared and nobody has resolved."""
    return sa.and_(of.cleared_at.is_(None), of.superseded_by.is_(None), of.resolved_at.is_(None))


def is_one_of(column: Any, ids: Sequence[str]) -> sa.ColumnElement[bool]:
    """One parameter, however many there are: a statement can have 32,767 of them."""
    is_one: sa.ColumnElement[bool] = column == sa.func.any(sa.literal(list(ids), ARRAY(sa.Text())))
    return is_one
