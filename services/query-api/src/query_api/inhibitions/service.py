"""Makes, deletes and previews inhibitions."""

from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from query_api.database.clock import Now, utc_now
from query_api.database.connection import Database
from query_api.database.models import Inhibition
from query_api.errors import ConflictError, NotFoundError
from query_api.inhibitions import repository
from query_api.inhibitions.rule import InhibitionRule
from query_api.inhibitions.schemas import (
    InhibitionAnswer,
    InhibitionBody,
    InhibitionPreviewAnswer,
    InhibitionRuleBody,
    InhibitionsAnswer,
)
from query_api.silences.matcher import Matcher
from query_api.silences.schemas import MatcherBody

MAX_PREVIEWED = 100
OnChanged = Callable[[AsyncSession], Awaitable[None]]
"""Decides again which alerts are inhibited, and who is notified, in the transaction of a change."""


class InhibitionsService:
    """Inhibitions in the database."""

    def __init__(self, database: Database, on_changed: OnChanged, now: Now = utc_now) -> None:
        self._database = database
        self._on_changed = on_changed
        self._now = now

    async def list_inhibitions(self) -> InhibitionsAnswer:
        """All inhibitions."""
        async with self._database.transaction() as session:
            return InhibitionsAnswer(inhibitions=[_answer(one) for one in await repository.list_inhibitions(session)])

    async def create(self, body: InhibitionBody) -> InhibitionAnswer:
        """Make an inhibition, in force at once. Raises ConflictError when there are too many."""
        async with self._database.transaction() as session:
            await repository.lock_decisions(session)
            if len(await repository.list_inhibitions(session)) >= repository.MAX_INHIBITIONS:
                raise ConflictError(f"there are {repository.MAX_INHIBITIONS} inhibitions already; delete one first")
            inhibition = await repository.add_inhibition(
                session,
                inhibition_id=uuid4(),
                source=_given(body.source),
                target=_given(body.target),
                equal=sorted(set(body.equal)),
                reason=body.reason,
                created_by=body.by,
                created_at=self._now(),
            )
            await self._on_changed(session)
            return _answer(inhibition)

    async def delete(self, inhibition_id: UUID) -> None:
        """Delete an inhibition; what it alone inhibited comes into force. Raises NotFoundError."""
        async with self._database.transaction() as session:
            await repository.lock_decisions(session)
            if not await repository.delete_inhibition(session, inhibition_id):
                raise NotFoundError(
                    f"there is no inhibition {inhibition_id}; GET /v1/inhibitions lists those that there are"
                )
            await self._on_changed(session)

    async def decide_again(self) -> None:
        """Decide about all active alerts: those of a version before this one have never been decided about."""
        async with self._database.transaction() as session:
            await repository.lock_decisions(session)
            await self._on_changed(session)

    async def preview(self, body: InhibitionRuleBody) -> InhibitionPreviewAnswer:
        """Which alerts an inhibition would hide from notifications."""
        rule = InhibitionRule(
            Matcher(**body.source.model_dump()), Matcher(**body.target.model_dump()), tuple(body.equal)
        )
        async with self._database.transaction() as session:
            number, sensors = await repository.targets_of(session, rule, MAX_PREVIEWED)
        return InhibitionPreviewAnswer(inhibited_alerts=number, sensors=sensors)


def _given(matcher: MatcherBody) -> dict[str, list[str]]:
    return {name: values for name, values in matcher.model_dump().items() if values}


def _answer(inhibition: Inhibition) -> InhibitionAnswer:
    return InhibitionAnswer(**{name: getattr(inhibition, name) for name in InhibitionAnswer.model_fields})
