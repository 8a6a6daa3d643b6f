"""Decides which alerts are inhibited, and by which, in the transaction that changes what that follows from."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from query_api.database.conditions import is_active_alert, is_one_of
from query_api.database.models import AlertRow
from query_api.inhibitions.repository import all_rules
from query_api.inhibitions.rule import SEVERITIES, InhibitionRule, Standing, break_circles

_source, _target = aliased(AlertRow), aliased(AlertRow)
_RANK = {severity: rank for rank, severity in enumerate(SEVERITIES)}


async def decide(session: AsyncSession, touched: Sequence[str] | None) -> dict[str, str | None]:
    """Decide again about alerts that began, ended or changed and those that they inhibit; None: about all active ones.

    Returns each alert that was decided about, and the alert that inhibits it, the most severe and then the oldest. An
    alert that is over was inhibited if the other one still lasted, in event time, when it ended.
    """
    rules = await all_rules(session)
    ids = await _affected(session, rules, touched)
    standings = {one.alert_id: one for one in await _standings(session, ids)}
    before = {alert_id: one.inhibited_by for alert_id, one in standings.items()}
    inhibitors = await _inhibitors(session, rules, list(standings))
    for alert_id, one in standings.items():
        standings[alert_id] = one._replace(inhibited_by=inhibitors.get(alert_id))
    await _follow(session, standings, before)
    for alert_id in break_circles(standings):
        standings[alert_id] = standings[alert_id]._replace(inhibited_by=None)
    after = {alert_id: one.inhibited_by for alert_id, one in standings.items()}
    await _store(session, {alert_id: by for alert_id, by in after.items() if by != before[alert_id]})
    return after


async def _affected(
    session: AsyncSession, rules: Sequence[InhibitionRule], touched: Sequence[str] | None
) -> Sequence[str]:
    if touched is None:
        return (await session.scalars(sa.select(AlertRow.alert_id).where(is_active_alert()))).all()
    # Whoever was superseded is over too, without a transition of its own.
    over = sa.select(AlertRow.alert_id).where(is_one_of(AlertRow.superseded_by, touched))
    by = AlertRow.inhibited_by
    found = set(touched)
    found.update(
        await session.scalars(
            sa.select(AlertRow.alert_id).where(is_active_alert(), sa.or_(is_one_of(by, touched), by.in_(over)))
        )
    )
    if rules:
        of_rules = [
            sa.select(_target.alert_id)
            .join(_source, rule.inhibits(_source, _target))
            .where(is_one_of(_source.alert_id, touched), is_active_alert(_target))
            for rule in rules
        ]
        found.update(await session.scalars(sa.union_all(*of_rules)))
    return sorted(found)


async def _standings(session: AsyncSession, ids: Sequence[str]) -> list[Standing]:
    found = await session.execute(
        sa.select(AlertRow.severity, AlertRow.opened_at, AlertRow.alert_id, AlertRow.inhibited_by).where(
            is_one_of(AlertRow.alert_id, ids)
        )
    )
    return [Standing(_RANK.get(row.severity, len(_RANK)), *row[1:]) for row in found]


async def _inhibitors(
    session: AsyncSession, rules: Sequence[InhibitionRule], ids: Sequence[str]
) -> dict[str, str | None]:
    """Alert → the one that inhibits it."""
    if not rules or not ids:
        return {}
    began = sa.or_(_target.cleared_at.is_(None), _source.opened_at <= _target.cleared_at)
    # One by one: together no index would find them.
    lasts = (
        sa.and_(is_active_alert(_source), began),
        sa.and_(_source.cleared_at >= _target.cleared_at, _source.resolved_at.is_(None), began),
    )
    pairs = sa.union_all(
        *(
            sa.select(
                _target.alert_id.label("target"),
                _source.alert_id.label("source"),
                sa.case(_RANK, value=_source.severity, else_=len(_RANK)).label("rank"),
                _source.opened_at.label("opened_at"),
            )
            .join(_source, sa.and_(rule.inhibits(_source, _target), still))
            .where(is_one_of(_target.alert_id, ids))
            for rule in rules
            for still in lasts
        )
    ).subquery()
    first = (
        sa.select(pairs.c.target, pairs.c.source)
        .ext(distinct_on(pairs.c.target))
        .order_by(pairs.c.target, pairs.c.rank, pairs.c.opened_at, pairs.c.source)
    )
    return {row.target: row.source for row in await session.execute(first)}


async def _follow(session: AsyncSession, standings: dict[str, Standing], before: dict[str, str | None]) -> None:
    """Add what the alerts are inhibited by, what that is inhibited by, and so on: a circle may lead through them."""
    while missing := {one.inhibited_by for one in standings.values() if one.inhibited_by} - standings.keys():
        more = await _standings(session, sorted(missing))
        standings.update({one.alert_id: one for one in more})
        before.update({one.alert_id: one.inhibited_by for one in more})


async def _store(session: AsyncSession, changed: dict[str, str | None]) -> None:
    by_inhibitor: dict[str | None, list[str]] = {}
    for alert_id, by in changed.items():
        by_inhibitor.setdefault(by, []).append(alert_id)
    for by, ids in by_inhibitor.items():
        await session.execute(sa.update(AlertRow).where(is_one_of(AlertRow.alert_id, ids)).values(inhibited_by=by))
