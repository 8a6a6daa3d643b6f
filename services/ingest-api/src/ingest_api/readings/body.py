"""Reads a request's body within its limits, straight from ASGI."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

from starlette.requests import Request

from ingest_api.errors import BodyTooLargeError, IncompleteBodyError
from ingest_api.readings.byte_budget import ByteBudget
from ingest_api.readings.content_codings import decompressor_for


class Reservation:
    """What one request has taken of the budget so far."""

    def __init__(self, budget: ByteBudget, max_body_bytes: int) -> None:
        self._budget = budget
        self._max_body_bytes = max_body_bytes
        self.reserved_bytes = 0

    def extend_to(self, total_bytes: int) -> None:
        """Make sure that `total_bytes` are covered. Raises BodyTooLargeError or OverloadedError."""
        if total_bytes > self._max_body_bytes:
            raise BodyTooLargeError(
                f"The body has more than the {self._max_body_bytes} bytes allowed, decompressed or not; "
                "split the batch over several requests"
            )
        if total_bytes > self.reserved_bytes:
            self._budget.acquire(total_bytes - self.reserved_bytes)
            self.reserved_bytes = total_bytes


@contextmanager
def reserve(budget: ByteBudget, max_body_bytes: int) -> Iterator[Reservation]:
    """An allowance that is given back at the end."""
    reservation = Reservation(budget, max_body_bytes)
    try:
        yield reservation
    finally:
        budget.release(reservation.reserved_bytes)


async def read_body(request: Request, reservation: Reservation) -> bytes:
    """The whole body, decompressed; one announced too large is refused before any of it is read.

    A compressed body is decompressed as it comes, so that one that grows too large is refused before it is whole.
    Raises UnsupportedMediaTypeError for an unknown content coding, MalformedBodyError for broken compression,
    BodyTooLargeError, OverloadedError, and IncompleteBodyError when the client goes away in the middle.
    """
    decompressor = decompressor_for(", ".join(request.headers.getlist("content-encoding")))
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit():
        reservation.extend_to(int(announced))
    pieces: list[bytes] = []
    received_bytes = decoded_bytes = 0
    async for chunk in _chunks(request):
        received_bytes += len(chunk)
        reservation.extend_to(received_bytes)
        for piece in decompressor.pieces(chunk) if decompressor else (chunk,):
            decoded_bytes += len(piece)
            reservation.extend_to(decoded_bytes)
            pieces.append(piece)
    if decompressor:
        decompressor.require_end()
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise IncompleteBodyError("The connection was closed before the body was complete")
        yield message.get("body", b"")
        if not message.get("more_body", False):
            return
