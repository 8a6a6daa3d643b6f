"""`iotctl watch`: live readings, anomalies, alerts, windows or health as they come, from the dashboard's stream."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

import typer

from iot_contracts.stream_requests import StreamTopic
from iotctl.stream_follower import Follower, StreamRefusedError
from iotctl.websocket import WebSocket
from stack import secrets
from stack.errors import IotctlError
from stack.settings import load

CONNECT_TIMEOUT_S = 10.0
SILENCE_S = 35.0
"""After so long without a message the connection is given up: heartbeats come every 10 s."""
FIRST_RETRY_S, LAST_RETRY_S = 1.0, 30.0


class Format(StrEnum):
    """How messages are printed."""

    TEXT = "text"
    JSON = "json"


def watch(
    topic: Annotated[StreamTopic, typer.Argument(help="What to follow.")],
    sensor_id: Annotated[list[str] | None, typer.Option(help="Only of this sensor; may be given again.")] = None,
    sensor_type: Annotated[list[str] | None, typer.Option(help="Only of this type.")] = None,
    location: Annotated[list[str] | None, typer.Option(help="Only of this location.")] = None,
    severity: Annotated[list[str] | None, typer.Option(help="Only alerts of this severity.")] = None,
    form: Annotated[Format, typer.Option("--format", help="json: one object a line.")] = Format.TEXT,
    snapshot: Annotated[bool, typer.Option(help="Print the present state first.")] = True,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after so many.")] = None,
) -> None:
    """Print live messages as they come, until Ctrl-C; after a break it goes on and says if anything was missed."""
    given = {"sensor_id": sensor_id, "sensor_type": sensor_type, "location": location, "severity": severity}
    wanted = {field: values for field, values in given.items() if values}
    follower = Follower(topic.value, wanted, snapshot=snapshot, as_json=form is Format.JSON)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        settings = load()
        _Watch(settings.url("DASHBOARD"), secrets.authorization(settings.state), follower, limit).run()
    except KeyboardInterrupt:
        return
    except _OutputClosedError:
        # Whoever read what was printed has gone (`| head`): not to be told of again when Python flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except StreamRefusedError as error:
        raise IotctlError("watch", str(error), "correct the filter; iotctl watch --help") from None


class _OutputClosedError(Exception):
    """Nobody reads what is printed."""


class _Watch:
    """Prints one topic over any number of connections."""

    def __init__(self, url: str, headers: Mapping[str, str], follower: Follower, limit: int | None) -> None:
        self._url = url
        self._headers = headers
        self._follower = follower
        self._left = limit
        self._retry_s = FIRST_RETRY_S
        self._was_connected = False

    def run(self) -> None:
        """Print until the limit. Raises IotctlError when there is nobody to connect to at first."""
        while True:
            try:
                self._follow()
                return
            except OSError as error:
                if not self._was_connected:
                    raise IotctlError("watch", f"{self._url} does not answer ({error})", "make up") from error
                wait_s = self._follower.retry_after_s or self._retry_s * random.uniform(0.5, 1.0)
                self._retry_s = min(self._retry_s * 2, LAST_RETRY_S)
                print(f"- connection lost ({error}); trying again in {wait_s:.0f} s", file=sys.stderr, flush=True)
                time.sleep(wait_s)

    def _follow(self) -> None:
        """Print what one connection brings. Returns at the limit, raises OSError at the connection's end."""
        socket = WebSocket(f"{self._url}/v1/stream", CONNECT_TIMEOUT_S, self._headers)
        try:
            socket.send(self._follower.request())
            while self._left != 0:
                self._print(socket.message(SILENCE_S))
                self._was_connected = True
                self._retry_s = FIRST_RETRY_S
        finally:
            socket.close()

    def _print(self, message: bytes) -> None:
        for line in self._follower.lines(message):
            if line.is_notice:
                print(f"- {line.text}", file=sys.stderr, flush=True)
            elif self._left != 0:
                try:
                    print(line.text, flush=True)
                except BrokenPipeError as error:
                    raise _OutputClosedError from error
                self._left = None if self._left is None else self._left - 1
