"""What the addresses of webhooks take and answer."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, UrlConstraints

from query_api.database.text import Text

MAILTO = r"^mailto:[A-Za-z0-9._+'=~-]{1,64}@[A-Za-z0-9.-]{1,255}$"
Url = Annotated[HttpUrl, UrlConstraints(max_length=2000)] | Annotated[str, Field(pattern=MAILTO)]


class WebhookBody(BaseModel):
    """A new webhook."""

    model_config = ConfigDict(extra="forbid")

    name: Text = Field(min_length=1, max_length=100, examples=["on-call"])
    url: Url = Field(
        description="Where notifications are posted; `mailto:` sends e-mail.",
        examples=["https://example.org/hooks/iot", "mailto:ops@example.org"],
    )
    severities: list[Literal["high", "medium", "low"]] = Field(
        default_factory=list, max_length=3, description="Only these; none given: all.", examples=[["high"]]
    )


class WebhookAnswer(BaseModel):
    """A webhook, without its secret."""

    webhook_id: UUID
    name: str
    url: str
    severities: list[str]
    enabled: bool = Field(description="False once the receiver answered 410.")
    created_at: datetime


class NewWebhookAnswer(WebhookAnswer):
    """A new webhook with its secret, which is not shown again."""

    secret: str = Field(description="Checks the header `webhook-signature` (Standard Webhooks).")


class WebhooksAnswer(BaseModel):
    """All webhooks."""

    webhooks: list[WebhookAnswer]


class DeliveryAnswer(BaseModel):
    """One notification, and what became of it."""

    delivery_id: UUID = Field(description="The header `webhook-id` of every attempt.")
    alert_id: str
    sequence: int
    created_at: datetime
    attempts: int
    next_attempt_at: datetime | None = Field(description="Null when it was delivered, given up or is held back.")
    delivered_at: datetime | None
    last_status: int | None = Field(description="Status of the last answer; null when there was none.")
    last_error: str | None
    held_by: str | None = Field(description="The alert that inhibits its alert: it is sent if that ends first.")


class DeliveriesAnswer(BaseModel):
    """The newest deliveries of a webhook."""

    deliveries: list[DeliveryAnswer]
