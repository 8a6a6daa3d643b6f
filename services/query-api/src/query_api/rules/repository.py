"""Rules in PostgreSQL. Every function works in the transaction that it is given."""

from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from iot_contracts.rules import Rule
from iot_contracts.topics import IOT_RULES
from query_api.database.models import RuleRow, RuleVersion
from query_api.outbox.repository import add_message

_LOCK = 0x696F7472
"""Advisory lock of those who change rules ("iotr"): versions of a rule follow each other."""


async def lock_rules(session: AsyncSession) -> None:
    """Have others who change rules wait until this transaction ends."""
    await session.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


async def list_rules(session: AsyncSession) -> list[tuple[Rule, datetime]]:
    """The rules that are not deleted, by id, and when they became what they are."""
    found = await session.scalars(sa.select(RuleRow).where(RuleRow.deleted_at.is_(None)).order_by(RuleRow.rule_id))
    return [(msgspec.convert(row.definition, Rule), row.updated_at) for row in found]


async def has_any(session: AsyncSession) -> bool:
    """Whether there has ever been a rule."""
    return await session.scalar(sa.select(RuleRow.rule_id).limit(1)) is not None


async def get_rule(session: AsyncSession, rule_id: str) -> tuple[Rule, datetime] | None:
    """The newest version of a rule, also of one that was deleted."""
    row = await session.get(RuleRow, rule_id)
    return None if row is None else (msgspec.convert(row.definition, Rule), row.updated_at)


async def versions_of(session: AsyncSession, rule_id: str, limit: int) -> list[tuple[Rule, datetime]]:
    """The newest versions of a rule, newest first."""
    statement = sa.select(RuleVersion).where(RuleVersion.rule_id == rule_id)
    found = await session.scalars(statement.order_by(RuleVersion.version.desc()).limit(limit))
    return [(msgspec.convert(row.definition, Rule), row.made_at) for row in found]


async def put_rule(session: AsyncSession, rule: Rule, now: datetime) -> None:
    """Make this the newest version of a rule, keep it in its history, and decide its message."""
    definition = msgspec.to_builtins(rule)
    values = {
        "version": rule.version,
        "definition": definition,
        "updated_at": now,
        "deleted_at": now if rule.deleted else None,
    }
    await session.execute(
        insert(RuleRow)
        .values(rule_id=rule.rule_id, **values)
        .on_conflict_do_update(index_elements=[RuleRow.rule_id], set_=values)
    )
    await session.execute(
        sa.insert(RuleVersion).values(rule_id=rule.rule_id, version=rule.version, definition=definition, made_at=now)
    )
    await add_message(session, IOT_RULES.name, rule.rule_id, msgspec.json.encode(rule))
