"""Limits memory: the number of bytes of all request bodies in progress."""

from prometheus_client import Gauge

from ingest_api.errors import OverloadedError


class ByteBudget:
    """The bytes in flight, with a limit. A request above it is refused at once: a queue would only hide the load."""

    def __init__(self, limit_bytes: int, in_flight: Gauge) -> None:
        self._limit_bytes = limit_bytes
        self._used_bytes = 0
        self._in_flight = in_flight

    @property
    def used_bytes(self) -> int:
        """Bytes acquired now."""
        return self._used_bytes

    def acquire(self, count_bytes: int) -> None:
        """Acquire `count_bytes`. Raises OverloadedError, acquiring none, when they exceed the limit."""
        if self._used_bytes + count_bytes > self._limit_bytes:
            raise OverloadedError(
                f"{self._used_bytes} bytes are in flight and {self._limit_bytes} are allowed; "
                "nothing of this request was stored, send it again after a pause"
            )
        self._used_bytes += count_bytes
        self._in_flight.set(self._used_bytes)

    def release(self, count_bytes: int) -> None:
        """Release bytes that were acquired."""
        self._used_bytes -= count_bytes
        self._in_flight.set(self._used_bytes)
