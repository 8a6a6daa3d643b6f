"""Limits on a request's first line, headers and trailers, for which uvicorn with httptools has none."""

import asyncio
from http import HTTPStatus
from typing import Any

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from iot_contracts.problems import PROBLEM_MEDIA_TYPE, Problem
from service_kit.security_headers import security_headers

MAX_HEAD_BYTES = 65_536
HEAD_TIMEOUT_S = 10.0
"""From the connection, or a request's first byte, until its head is complete."""
_SECURITY_HEADERS = "".join(f"{name.decode()}: {value.decode()}\r\n" for name, value in security_headers())


class BoundedHeadProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1: answers 431 to a head that is too long, 408 to a slow one, 400 to a malformed one.

    A head may exceed the limit by the size of one read from the socket.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._in_head = False
        self._head_bytes = 0
        self._had_body = False
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Called by the loop."""
        super().connection_made(transport)
        self._start_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop."""
        self._stop_deadline()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Called by the parser."""
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        self._in_head = False
        self._stop_deadline()
        if not self.url.startswith((b"/", b"*")):
            self._use_host_of_target()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._had_body, self._head_bytes = True, 0
        super().on_body(body)

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        head, self._had_body = self.headers, False
        super().data_received(data)
        if self not in self.connections:  # a WebSocket has taken the connection over
            return
        if self._deadline is None and self._is_idle:
            self._start_deadline()
        # What is neither body nor a new request goes on with a head, or with trailers.
        if self.headers is head and not self._had_body:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse(431, "head_too_large", f"The headers have more than {MAX_HEAD_BYTES} bytes; send fewer")

    def send_400_response(self, msg: str) -> None:
        """Answer a request that is not HTTP."""
        self._refuse(400, "malformed_request", f"{msg} Send HTTP/1.1, without TLS")

    @property
    def _is_idle(self) -> bool:
        """Whether no request is worked on; line ends between requests stop uvicorn's own clock for that, for good."""
        return self.cycle is None or self.cycle.response_complete

    def _use_host_of_target(self) -> None:
        """What `http://host/path` as the request's target names counts, whatever `Host` says (RFC 9112, 3.2.2)."""
        authority = self.url.partition(b"://")[2].partition(b"/")[0].partition(b"?")[0]
        self.headers[:] = [header for header in self.headers if header[0] != b"host"] + [(b"host", authority)]

    def _start_deadline(self) -> None:
        self._deadline = self.loop.call_later(HEAD_TIMEOUT_S, self._time_out)

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _time_out(self) -> None:
        if self._in_head:
            self._refuse(
                408, "head_timeout", f"The headers did not arrive within {HEAD_TIMEOUT_S:g} s; send them at once"
            )
        else:
            self.transport.close()

    def _refuse(self, status: int, code: str, detail: str) -> None:
        self._in_head = False
        self._stop_deadline()
        phrase = HTTPStatus(status).phrase
        problem = Problem(type=f"/problems/{code}", title=phrase, status=status, code=code, detail=detail)
        body = msgspec.json.encode(problem)
        head = (
            f"HTTP/1.1 {status} {phrase}\r\n"
            f"content-type: {PROBLEM_MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\n{_SECURITY_HEADERS}"
            "connection: close\r\n\r\n"
        )
        # An answer that is being written must not get this one into its middle.
        if self._is_idle or not (self.cycle.response_started or self.pipeline):
            self.transport.write(head.encode() + body)
        self.transport.close()
