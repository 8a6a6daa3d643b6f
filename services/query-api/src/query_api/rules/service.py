"""Makes, changes and deletes rules."""

from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from iot_contracts.rules import DEFAULT_RULES, Rule
from query_api.database.clock import Now, utc_now
from query_api.database.connection import Database
from query_api.errors import ConflictError, NotFoundError
from query_api.rules import repository
from query_api.rules.schemas import RulesAnswer, StoredRule
from service_kit.problems import InvalidRequestError

MAX_RULES = 1000
MAX_VERSIONS = 100


class RulesService:
    """Rules in the database; `wake` has the outbox published at once."""

    def __init__(self, database: Database, wake: Callable[[], None], now: Now = utc_now) -> None:
        self._database = database
        self._wake = wake
        self._now = now

    async def seed(self) -> None:
        """Write the default rules once, as version 1: from the first message on the stream knows no others."""
        async with self._database.transaction() as session:
            await repository.lock_rules(session)
            if await repository.has_any(session):
                return
            for rule in DEFAULT_RULES:
                await repository.put_rule(session, msgspec.structs.replace(rule, version=1), self._now())
        self._wake()

    async def list_rules(self) -> RulesAnswer:
        """All rules."""
        async with self._database.transaction() as session:
            found = await repository.list_rules(session)
        return RulesAnswer(rules=[StoredRule(rule=rule, updated_at=at) for rule, at in found])

    async def get_rule(self, rule_id: str) -> StoredRule:
        """One rule. Raises NotFoundError."""
        async with self._database.transaction() as session:
            rule, updated_at = await _existing(session, rule_id)
        return StoredRule(rule=rule, updated_at=updated_at)

    async def versions(self, rule_id: str) -> RulesAnswer:
        """The newest versions of a rule, newest first, also of one that was deleted. Raises NotFoundError."""
        async with self._database.transaction() as session:
            found = await repository.versions_of(session, rule_id, MAX_VERSIONS)
        if not found:
            raise _no_rule(rule_id)
        return RulesAnswer(rules=[StoredRule(rule=rule, updated_at=at) for rule, at in found])

    async def create(self, body: Any) -> StoredRule:
        """Make a rule. Raises ConflictError where there is one of this id, or too many."""
        async with self._database.transaction() as session:
            await repository.lock_rules(session)
            before = await repository.get_rule(session, body.rule_id)
            if before is not None and not before[0].deleted:
                raise ConflictError(f"rule {body.rule_id} exists; PUT /v1/rules/{body.rule_id} changes it")
            if len(await repository.list_rules(session)) >= MAX_RULES:
                raise ConflictError(f"there are {MAX_RULES} rules already; delete one first")
            made = await self._put(session, body, 0 if before is None else before[0].version)
        self._wake()
        return made

    async def replace(self, rule_id: str, body: Any) -> StoredRule:
        """Replace a rule by its next version; what is the same as before changes nothing. Raises NotFoundError."""
        if body.rule_id != rule_id:
            raise InvalidRequestError(f"rule_id: is {body.rule_id} in the body and {rule_id} in the address")
        async with self._database.transaction() as session:
            await repository.lock_rules(session)
            before, updated_at = await _existing(session, rule_id)
            if before == rule_of(body, before.version):
                return StoredRule(rule=before, updated_at=updated_at)
            changed = await self._put(session, body, before.version)
        self._wake()
        return changed

    async def delete(self, rule_id: str) -> StoredRule:
        """Delete a rule: the stream clears its alerts. Raises NotFoundError."""
        now = self._now()
        async with self._database.transaction() as session:
            await repository.lock_rules(session)
            before, _ = await _existing(session, rule_id)
            gone = msgspec.structs.replace(before, version=before.version + 1, deleted=True)
            await repository.put_rule(session, gone, now)
        self._wake()
        return StoredRule(rule=gone, updated_at=now)

    async def _put(self, session: AsyncSession, body: Any, version_before: int) -> StoredRule:
        now = self._now()
        rule = rule_of(body, version_before + 1)
        await repository.put_rule(session, rule, now)
        return StoredRule(rule=rule, updated_at=now)


def rule_of(body: Any, version: int) -> Rule:
    """The rule that a body (RuleBody) says, as this version."""
    return Rule(**msgspec.structs.asdict(body), version=version)


async def _existing(session: AsyncSession, rule_id: str) -> tuple[Any, Any]:
    found = await repository.get_rule(session, rule_id)
    if found is None or found[0].deleted:
        raise _no_rule(rule_id)
    return found


def _no_rule(rule_id: str) -> NotFoundError:
    return NotFoundError(f"there is no rule {rule_id}; GET /v1/rules lists those that there are")
