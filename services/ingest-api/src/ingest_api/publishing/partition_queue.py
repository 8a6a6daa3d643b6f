"""One partition's batches on their way to Kafka."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, Protocol, TypeVar

from ingest_api.metrics import Metrics

Acknowledgement = asyncio.Future[str | None]
"""Done once the batch's fate is known: None when Kafka has it, otherwise why it may not have it."""


Record = tuple[bytes, bytes]
"""Key and value."""


class BatchBuilder(Protocol):
    """A batch being filled."""

    def extend(self, records: Sequence[Record], start: int, timestamp_ms: int) -> int:
        """Add `records` from index `start` on until the batch is full, and return how many it took.

        An empty batch takes at least one.
        """

    def close(self) -> None:
        """Let no further record in."""

    def record_count(self) -> int:
        """Records in the batch."""


B = TypeVar("B", bound=BatchBuilder)


class _Batch(Generic[B]):
    def __init__(self, builder: B) -> None:
        self.builder = builder
        self.acknowledgement: Acknowledgement = asyncio.get_running_loop().create_future()

    def settle(self, failure: str | None) -> None:
        if not self.acknowledgement.done():
            self.acknowledgement.set_result(failure)


class PartitionQueue(Generic[B]):
    """Sends one partition's batches one after the other; while one is under way the next one fills.

    So batches grow with the load by themselves: a single reading leaves at once, and a thousand
    requests that come while Kafka works on a batch share the next one. The partition's order is the
    order of `append`. After the first failure the queue takes nothing more: a later batch must not
    overtake one whose fate is unknown.
    """

    def __init__(
        self,
        create_batch: Callable[[], B],
        send_batch: Callable[[B], Awaitable[object]],
        *,
        ack_timeout_s: float,
        on_failure: Callable[[str], None],
        metrics: Metrics,
    ) -> None:
        self._create_batch = create_batch
        self._send_batch = send_batch
        self._ack_timeout_s = ack_timeout_s
        self._on_failure = on_failure
        self._metrics = metrics
        self._waiting: deque[_Batch[B]] = deque()
        self._in_flight: _Batch[B] | None = None
        self._sender: asyncio.Task[None] | None = None
        self._failure: str | None = None

    def append(self, records: Sequence[Record], timestamp_ms: int) -> list[Acknowledgement]:
        """Put records into the batch that fills now, and into further ones when it is full.

        Returns the acknowledgement of each batch that took some of them.
        """
        batch = self._waiting[-1] if self._waiting else self._open_batch()
        taken = batch.builder.extend(records, 0, timestamp_ms)
        acknowledgements = [batch.acknowledgement] if taken else []
        while taken < len(records):
            batch = self._open_batch()
            taken += batch.builder.extend(records, taken, timestamp_ms)
            acknowledgements.append(batch.acknowledgement)
        return acknowledgements

    def fail(self, reason: str) -> None:
        """Give up everything that waits or is under way; what is under way may still arrive."""
        self._failure = reason
        if self._sender is not None:
            self._sender.cancel()
        if self._in_flight is not None:
            self._in_flight.settle(reason)
        while self._waiting:
            self._waiting.popleft().settle(reason)

    def _open_batch(self) -> _Batch[B]:
        batch = _Batch(self._create_batch())
        if self._failure is not None:
            batch.settle(self._failure)
            return batch
        self._waiting.append(batch)
        if self._sender is None:
            self._sender = asyncio.create_task(self._send_waiting())
        return batch

    async def _send_waiting(self) -> None:
        while self._waiting:
            self._in_flight = batch = self._waiting.popleft()
            batch.builder.close()
            failure = await self._send(batch.builder)
            batch.settle(failure)
            if failure is not None:
                self._on_failure(failure)
                self.fail(failure)
        self._in_flight = None
        self._sender = None

    async def _send(self, builder: B) -> str | None:
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._ack_timeout_s):
                await self._send_batch(builder)
        except TimeoutError:
            return f"Kafka has not acknowledged within {self._ack_timeout_s:g} s"
        except Exception as error:  # the client's errors have no common root; each means the same here
            return f"Kafka has not taken the readings: {error!r}"
        self._metrics.kafka_ack_seconds.observe(time.perf_counter() - started)
        self._metrics.kafka_batch_readings.observe(builder.record_count())
        return None
