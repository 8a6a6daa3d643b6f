"""Reads a request's body within its limits, straight from ASGI."""

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.requests import Request

from ingest_api.errors import BodyTooLargeError, IncompleteBodyError, UnsupportedMediaTypeError
from ingest_api.readings.in_flight import ByteBudget


class Allowance:
    """What one request has taken of the budget so far."""

    def __init__(self, budget: ByteBudget, max_body_bytes: int) -> None:
        self._budget = budget
        self._max_body_bytes = max_body_bytes
        self.taken_bytes = 0

    def reach(self, total_bytes: int) -> None:
        """Make sure that `total_bytes` are covered. Raises BodyTooLargeError or OverloadedError."""
        if total_bytes > self._max_body_bytes:
            raise BodyTooLargeError(
                f"The body has more than the {self._max_body_bytes} bytes allowed; "
                "split the batch over several requests"
            )
        if total_bytes > self.taken_bytes:
            self._budget.take(total_bytes - self.taken_bytes)
            self.taken_bytes = total_bytes


@contextmanager
def allowance(budget: ByteBudget, max_body_bytes: int) -> Iterator[Allowance]:
    """An allowance that is given back at the end."""
    allowed = Allowance(budget, max_body_bytes)
    try:
        yield allowed
    finally:
        budget.give_back(allowed.taken_bytes)


async def read_body(request: Request, allowed: Allowance) -> bytes:
    """The whole body; a body announced too large is refused before any of it is read.

    Raises UnsupportedMediaTypeError for a content coding, BodyTooLargeError, OverloadedError, and
    IncompleteBodyError when the client goes away in the middle.
    """
    _refuse_content_coding(request)
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit():
        allowed.reach(int(announced))
    chunks: list[bytes] = []
    received_bytes = 0
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise IncompleteBodyError("The connection was closed before the body was complete")
        chunk: bytes = message.get("body", b"")
        received_bytes += len(chunk)
        allowed.reach(received_bytes)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _refuse_content_coding(request: Request) -> None:
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("", "identity"):
        raise UnsupportedMediaTypeError(
            f"Content-Encoding {coding!r} is not supported; send the body uncompressed",
            headers={"Accept-Encoding": "identity"},
        )
