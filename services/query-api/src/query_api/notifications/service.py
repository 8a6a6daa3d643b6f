"""Makes, lists and deletes webhooks, and shows their deliveries."""

from uuid import UUID, uuid4

from query_api.database.clock import Now, utc_now
from query_api.database.connection import Database
from query_api.database.models import Webhook
from query_api.errors import ConflictError, NotFoundError
from query_api.notifications import repository
from query_api.notifications.mail import SCHEME
from query_api.notifications.schemas import (
    DeliveriesAnswer,
    DeliveryAnswer,
    NewWebhookAnswer,
    WebhookAnswer,
    WebhookBody,
    WebhooksAnswer,
)
from query_api.notifications.signing import new_secret


class NotificationsService:
    """Webhooks in the database."""

    def __init__(self, database: Database, now: Now = utc_now, *, has_mail: bool = False) -> None:
        self._database = database
        self._now = now
        self._has_mail = has_mail

    async def list_webhooks(self) -> WebhooksAnswer:
        """All webhooks."""
        async with self._database.transaction() as session:
            return WebhooksAnswer(webhooks=[_answer(one) for one in await repository.list_webhooks(session)])

    async def create(self, body: WebhookBody) -> NewWebhookAnswer:
        """Make a webhook with a new secret. Raises ConflictError when there are too many, or no mail server is set."""
        if str(body.url).startswith(SCHEME) and not self._has_mail:
            raise ConflictError("no mail server is set: give query-api QUERY_API_SMTP_HOST, and start it again")
        async with self._database.transaction() as session:
            if len(await repository.list_webhooks(session)) >= repository.MAX_WEBHOOKS:
                raise ConflictError(f"there are {repository.MAX_WEBHOOKS} webhooks already; delete one first")
            webhook = await repository.add_webhook(
                session,
                webhook_id=uuid4(),
                name=body.name,
                url=str(body.url),
                secret=new_secret(),
                severities=sorted(set(body.severities)),
                enabled=True,
                created_at=self._now(),
            )
            return NewWebhookAnswer(**_answer(webhook).model_dump(), secret=webhook.secret)

    async def delete(self, webhook_id: UUID) -> None:
        """Delete a webhook; what is due to it is not sent any more. Raises NotFoundError."""
        async with self._database.transaction() as session:
            if not await repository.delete_webhook(session, webhook_id):
                raise _no_webhook(webhook_id)

    async def deliveries(self, webhook_id: UUID, limit: int) -> DeliveriesAnswer:
        """The newest deliveries of a webhook. Raises NotFoundError."""
        async with self._database.transaction() as session:
            if await repository.get_webhook(session, webhook_id) is None:
                raise _no_webhook(webhook_id)
            found = await repository.deliveries_of(session, webhook_id, limit)
        names = DeliveryAnswer.model_fields
        return DeliveriesAnswer(
            deliveries=[DeliveryAnswer(**{name: getattr(one, name) for name in names}) for one in found]
        )


def _answer(webhook: Webhook) -> WebhookAnswer:
    return WebhookAnswer(**{name: getattr(webhook, name) for name in WebhookAnswer.model_fields})


def _no_webhook(webhook_id: UUID) -> NotFoundError:
    return NotFoundError(f"there is no webhook {webhook_id}; GET /v1/webhooks lists those that there are")
