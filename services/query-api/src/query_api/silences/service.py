"""Makes, ends and previews silences."""

from datetime import datetime
from uuid import UUID, uuid4

from query_api.database.clock import Now, utc_now
from query_api.database.conditions import is_active_alert
from query_api.database.connection import Database
from query_api.database.models import Silence
from query_api.errors import ConflictError, NotFoundError
from query_api.silences import repository
from query_api.silences.matcher import Matcher
from query_api.silences.schemas import MatcherBody, PreviewAnswer, SilenceAnswer, SilenceBody, SilencesAnswer
from service_kit.problems import InvalidRequestError

MAX_PREVIEWED = 100


class SilencesService:
    """Silences in the database."""

    def __init__(self, database: Database, now: Now = utc_now) -> None:
        self._database = database
        self._now = now

    async def list_silences(self) -> SilencesAnswer:
        """The silences, active and past."""
        now = self._now()
        async with self._database.transaction() as session:
            return SilencesAnswer(silences=[_answer(one, now) for one in await repository.list_silences(session)])

    async def create(self, body: SilenceBody) -> SilenceAnswer:
        """Make a silence. Raises InvalidRequestError, and ConflictError when too many are active."""
        now = self._now()
        if body.until <= now:
            raise InvalidRequestError("until: is in the past")
        async with self._database.transaction() as session:
            if await repository.count_active(session, now) >= repository.MAX_ACTIVE:
                raise ConflictError(f"{repository.MAX_ACTIVE} silences are active already; end one first")
            silence = await repository.add_silence(
                session,
                silence_id=uuid4(),
                matcher={name: values for name, values in body.matcher.model_dump().items() if values},
                reason=body.reason,
                created_by=body.by,
                created_at=now,
                until=body.until,
            )
            return _answer(silence, now)

    async def end(self, silence_id: UUID) -> SilenceAnswer:
        """End a silence now. Raises NotFoundError."""
        now = self._now()
        async with self._database.transaction() as session:
            silence = await repository.end_silence(session, silence_id, now)
            if silence is None:
                raise NotFoundError(f"there is no silence {silence_id}; GET /v1/silences lists those that there are")
            return _answer(silence, now)

    async def preview(self, body: MatcherBody) -> PreviewAnswer:
        """Which active alerts a silence with this matcher would hide from notifications."""
        conditions = [*Matcher(**body.model_dump()).conditions(), is_active_alert()]
        async with self._database.transaction() as session:
            number, sensors = await repository.sensors_of(session, conditions, MAX_PREVIEWED)
        return PreviewAnswer(active_alerts=number, sensors=sensors)


def _answer(silence: Silence, now: datetime) -> SilenceAnswer:
    return SilenceAnswer(
        silence_id=silence.silence_id,
        matcher=silence.matcher,
        until=silence.until,
        reason=silence.reason,
        created_by=silence.created_by,
        created_at=silence.created_at,
        active=silence.until > now,
    )
