"""Notifications by e-mail: a webhook whose address is `mailto:…` is told by SMTP."""

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal

import msgspec

from iot_contracts.alerts import AlertTransition

SCHEME = "mailto:"
Security = Literal["starttls", "tls", "none"]
_OK = 250


class _Notification(msgspec.Struct):
    data: AlertTransition


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed in. Without a user nobody logs in."""

    host: str
    port: int
    security: Security
    sender: str
    user: str | None = None
    password: str | None = None

    def send(self, message: EmailMessage, timeout_s: float) -> int:
        """Hand a message in; returns the server's code, 250. Blocking.

        Raises smtplib.SMTPException with the server's words, OSError when it does not answer.
        """
        context = ssl.create_default_context()
        if self.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=timeout_s, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=timeout_s)
        with server:
            if self.security == "starttls":
                server.starttls(context=context)
            if self.user is not None:
                server.login(self.user, self.password or "")
            server.send_message(message)
        return _OK


def mail_of(body: str, delivery_id: str, address: str, sender: str) -> EmailMessage:
    """The notification as a message. Its Message-ID is the delivery's: whoever gets it twice can tell. Pure."""
    alert = msgspec.json.decode(body, type=_Notification).data
    message = EmailMessage()
    message["Message-ID"] = f"<{delivery_id}@iot-platform>"
    message["From"], message["To"] = sender, address.removeprefix(SCHEME)
    message["Date"] = alert.event_time
    message["Subject"] = _line(f"[{alert.severity}] {alert.state}: {alert.sensor_id} {alert.message}")
    lines = (
        alert.message,
        "",
        f"sensor:   {alert.sensor_id} ({alert.sensor_type}, {alert.location})",
        f"since:    {alert.opened_at:%Y-%m-%d %H:%M:%S} UTC",
        f"readings: {alert.count}, last value {alert.value:g} {alert.unit}, peak {alert.peak:g} {alert.unit}",
        f"rule:     {alert.rule_id}, version {alert.rule_version}",
        f"alert:    {alert.alert_id}",
    )
    message.set_content("\n".join(_line(line) for line in lines) + "\n")
    return message


def _line(text: str) -> str:
    """In one line: a sensor's name must not write headers."""
    return " ".join(text.split())
