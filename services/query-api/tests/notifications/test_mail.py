"""Notifications by e-mail, to a server that speaks SMTP."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import httpx
import pytest
from pydantic import ValidationError

from iot_contracts.alerts import AlertTransition
from query_api.alerts.repository import apply_transitions
from query_api.database.clock import utc_now
from query_api.database.connection import Database
from query_api.errors import ConflictError
from query_api.notifications.dispatcher import Dispatcher
from query_api.notifications.enqueue import Notifier
from query_api.notifications.mail import MailServer, mail_of
from query_api.notifications.payload import notification_body
from query_api.notifications.schemas import WebhookBody
from query_api.notifications.service import NotificationsService

Make = Callable[..., AlertTransition]
ON_CALL = WebhookBody.model_validate({"name": "on-call", "url": "mailto:ops@example.org"})


class MailBox:
    """A mail server that keeps what it gets; it refuses recipients while `refuses`."""

    def __init__(self) -> None:
        self.got: list[EmailMessage] = []
        self.refuses = False
        self.port = 0

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            word = line.split()[0].upper()
            if word == b"DATA":
                writer.write(b"354 go on\r\n")
                content = await reader.readuntil(b"\r\n.\r\n")
                self.got.append(message_from_bytes(content[:-3], policy=policy.default))
            is_refused = word == b"RCPT" and self.refuses
            writer.write(b"550 nobody\r\n" if is_refused else b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
        writer.close()

    @property
    def server(self) -> MailServer:
        return MailServer("127.0.0.1", self.port, "none", "iot@example.org")


@pytest.fixture
async def mail_box() -> AsyncIterator[MailBox]:
    box = MailBox()
    server = await asyncio.start_server(box.handle, "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    async with server:
        yield box


async def send_due(database: Database, box: MailBox, later_s: float = 0) -> int:
    async with httpx.AsyncClient() as client:
        now = utc_now() + timedelta(seconds=later_s)
        return await Dispatcher(database, client, 5, lambda: now, mail=box.server).send_due()


async def test_an_alert_is_mailed_once_and_tried_again_with_the_same_id(
    database: Database, transition: Make, mail_box: MailBox
) -> None:
    service = NotificationsService(database, has_mail=True)
    webhook = await service.create(ON_CALL)
    async with database.transaction() as session:
        await Notifier().enqueue(session, await apply_transitions(session, [transition(1, 1, "opened")]))
    mail_box.refuses = True
    assert await send_due(database, mail_box) == 1
    [log] = (await service.deliveries(webhook.webhook_id, 10)).deliveries
    assert log.last_error is not None
    assert "nobody" in log.last_error
    mail_box.refuses = False
    assert await send_due(database, mail_box, 6) == 1
    assert await send_due(database, mail_box, 86_400) == 0
    [message] = mail_box.got
    assert message["To"] == "ops@example.org"
    assert message["Subject"] == "[high] opened: SENSOR_1 temperature is above 40"
    assert message["Message-ID"] == f"<{log.delivery_id}@iot-platform>"
    assert "peak 44 Celsius" in message.get_content()


async def test_without_a_mail_server_an_address_of_mail_is_refused(database: Database) -> None:
    with pytest.raises(ConflictError, match="QUERY_API_SMTP_HOST"):
        await NotificationsService(database).create(ON_CALL)


@pytest.mark.parametrize(
    "url", ["mailto:", "mailto:a", "mailto:a@b@c", "mailto:a@b?bcc=c@d", "mailto:a@b,c@d", "ftp://x"]
)
def test_only_one_plain_address_is_taken(url: str) -> None:
    with pytest.raises(ValidationError):
        WebhookBody.model_validate({"name": "x", "url": url})


def test_what_an_alert_says_writes_no_headers(transition: Make) -> None:
    alert = transition(1, 1, "opened", message="hot\r\nBcc: all@example.org")
    message = mail_of(notification_body(alert), "id", "mailto:ops@example.org", "iot@example.org")
    assert message["Bcc"] is None
    assert message["Subject"] == "[high] opened: SENSOR_1 hot Bcc: all@example.org"
