"""The bound on memory: how many bytes of request bodies may be worked on at once."""

from prometheus_client import Gauge

from ingest_api.errors import OverloadedError


class ByteBudget:
    """Bytes in flight, bounded. Refusing at once is the backpressure: a queue would only hide it."""

    def __init__(self, limit_bytes: int, in_flight: Gauge) -> None:
        self._limit_bytes = limit_bytes
        self._used_bytes = 0
        self._in_flight = in_flight

    @property
    def used_bytes(self) -> int:
        """Bytes taken now."""
        return self._used_bytes

    def acquire(self, count_bytes: int) -> None:
        """Take `count_bytes`, to be given back. Raises OverloadedError, taking none, when they don't fit."""
        if self._used_bytes + count_bytes > self._limit_bytes:
            raise OverloadedError(
                f"{self._used_bytes} bytes are in flight and {self._limit_bytes} are allowed; "
                "nothing of this request was kept, send it again after a pause"
            )
        self._used_bytes += count_bytes
        self._in_flight.set(self._used_bytes)

    def release(self, count_bytes: int) -> None:
        """Return what was taken."""
        self._used_bytes -= count_bytes
        self._in_flight.set(self._used_bytes)
