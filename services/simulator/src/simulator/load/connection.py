"""One keep-alive HTTP/1.1 connection: a request, its answer, the next request."""

import asyncio
import os
from dataclasses import dataclass
from typing import Any, Protocol, cast

import httptools


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said."""

    status: int
    body: bytes


class ConnectionFailedError(Exception):
    """The connection broke, could not be made, or its answer did not come in time."""


class _Parser(Protocol):
    """What of httptools' response parser is used; the package has no types for it."""

    def feed_data(self, data: bytes) -> None: ...
    def get_status_code(self) -> int: ...
    def should_keep_alive(self) -> bool: ...


class Connection(asyncio.Protocol):
    """Raises ConnectionFailedError from `ask`; after that, make a new one."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._parser = self._new_parser()
        self._parts: list[bytes] = []
        self._answer: asyncio.Future[Answer] | None = None
        self.asked_at = 0.0
        """Loop time of the request that waits for its answer; 0 when none does."""

    @property
    def is_open(self) -> bool:
        """Whether a request can be sent."""
        return self._transport is not None and not self._transport.is_closing()

    async def ask(self, request: bytes) -> Answer:
        """Send a request and return its answer."""
        if self._transport is None or not self.is_open:
            raise ConnectionFailedError("connection closed")
        self._answer = self._loop.create_future()
        self.asked_at = self._loop.time()
        self._transport.write(request)
        try:
            return await self._answer
        finally:
            self._answer, self.asked_at = None, 0.0

    def fail(self, reason: str) -> None:
        """Give up: whoever waits gets ConnectionFailedError."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionFailedError(reason))
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, _error: Exception | None) -> None:
        """Called by the loop."""
        self.fail("connection lost")

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.fail("answer is no HTTP")

    def on_body(self, part: bytes) -> None:
        """Called by the parser."""
        self._parts.append(part)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        answer = Answer(self._parser.get_status_code(), b"".join(self._parts))
        if not self._parser.should_keep_alive() and self._transport is not None:
            self._transport.close()
        self._parts.clear()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)

    def _new_parser(self) -> _Parser:
        parser: Any = httptools.HttpResponseParser(self)
        return cast(_Parser, parser)


async def connect(host: str, port: int, timeout_s: float) -> Connection:
    """Open a connection. Raises ConnectionFailedError."""
    try:
        async with asyncio.timeout(timeout_s):
            _transport, connection = await asyncio.get_running_loop().create_connection(Connection, host, port)
    except TimeoutError:
        raise ConnectionFailedError("can't connect in time") from None
    except OSError as error:
        raise ConnectionFailedError(f"can't connect: {os.strerror(error.errno) if error.errno else error}") from error
    return connection
