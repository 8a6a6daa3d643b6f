"""What a webhook is told. Pure."""

from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from iot_contracts.alerts import AlertTransition

OPENED = "opened"
NOTIFIED = (OPENED, "cleared")
"""Transitions that somebody is told about; an alert that goes on says nothing new."""


def delivery_id(webhook_id: UUID, alert_id: str, sequence: int) -> UUID:
    """The same for the same transition and webhook, whoever computes it and when."""
    return uuid5(NAMESPACE_URL, f"{webhook_id}/{sequence}/{alert_id}")


def notification_body(transition: AlertTransition) -> str:
    """The body of a notification, in the form that Standard Webhooks recommends."""
    return msgspec.json.encode(
        {
            "type": f"alert.{transition.state}",
            "timestamp": transition.event_time,
            "data": transition,
        }
    ).decode()
