"""`/v1/webhooks`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from query_api.dependencies import CurrentRuntime
from query_api.errors import DATABASE_PROBLEMS
from query_api.notifications.schemas import DeliveriesAnswer, NewWebhookAnswer, WebhookBody, WebhooksAnswer

MAX_LIMIT = 1000
router = APIRouter(prefix="/v1/webhooks", tags=["notifications"], responses=DATABASE_PROBLEMS)


@router.get("", summary="Webhooks")
async def list_webhooks(runtime: CurrentRuntime) -> WebhooksAnswer:
    """All webhooks, without their secrets."""
    return await runtime.people.notifications.list_webhooks()


@router.post("", summary="Have an address told about alerts", status_code=201)
async def create(body: WebhookBody, runtime: CurrentRuntime) -> NewWebhookAnswer:
    """Post each alert that is opened or cleared there from now on, signed with the secret of the answer."""
    return await runtime.people.notifications.create(body)


@router.delete("/{webhook_id}", summary="Delete a webhook", status_code=204)
async def delete(webhook_id: UUID, runtime: CurrentRuntime) -> None:
    """Delete it and its deliveries."""
    await runtime.people.notifications.delete(webhook_id)


@router.get("/{webhook_id}/deliveries", summary="What became of a webhook's notifications")
async def deliveries(
    webhook_id: UUID,
    runtime: CurrentRuntime,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Maximum number of deliveries.")] = 100,
) -> DeliveriesAnswer:
    """The newest deliveries with the outcome of their last attempt."""
    return await runtime.people.notifications.deliveries(webhook_id, limit)
