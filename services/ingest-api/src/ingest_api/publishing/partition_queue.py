"""The batches of one partition, sent one after the other."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, Protocol, TypeVar

from ingest_api.metrics import Metrics

Acknowledgement = asyncio.Future[str | int]
"""Its result: the offset after the batch when Kafka has it (UNKNOWN if Kafka does not say), otherwise the reason why
Kafka may not have it."""
UNKNOWN = -1


Record = tuple[bytes, bytes]
"""Key and value."""


class BatchBuilder(Protocol):
    """A batch being filled."""

    def extend(self, records: Sequence[Record], start: int, timestamp_ms: int) -> int:
        """Add `records` from index `start` on until the batch is full, and return how many were added.

        An empty batch accepts at least one.
        """

    def close(self) -> None:
        """Accept no further record."""

    def record_count(self) -> int:
        """Records in the batch."""


B = TypeVar("B", bound=BatchBuilder)


class _Batch(Generic[B]):
    def __init__(self, builder: B) -> None:
        self.builder = builder
        self.acknowledgement: Acknowledgement = asyncio.get_running_loop().create_future()

    def settle(self, result: str | int) -> None:
        if not self.acknowledgement.done():
            self.acknowledgement.set_result(result)


class PartitionQueue(Generic[B]):
    """Sends one partition's batches one after the other; while one is in flight the next one is filled.

    So batches grow with the load: a single reading is sent at once, and a thousand requests that
    arrive while a batch is in flight share the next one. The partition's order is the
    order of `append`. After the first failure the queue accepts nothing more: a later batch must not
    overtake one whose fate is unknown.

    `send_batch` returns the offset of the first record, negative if unknown.
    """

    def __init__(
        self,
        create_batch: Callable[[], B],
        send_batch: Callable[[B], Awaitable[int]],
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
        """Add records to the open batch, and to further ones when it is full.

        Returns the acknowledgement of each batch that got some of them.
        """
        batch = self._waiting[-1] if self._waiting else self._open_batch()
        added = batch.builder.extend(records, 0, timestamp_ms)
        acknowledgements = [batch.acknowledgement] if added else []
        while added < len(records):
            batch = self._open_batch()
            added += batch.builder.extend(records, added, timestamp_ms)
            acknowledgements.append(batch.acknowledgement)
        return acknowledgements

    def fail(self, reason: str) -> None:
        """Give up all waiting batches and the one in flight, which may still arrive."""
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
            result = await self._send(batch.builder)
            batch.settle(result)
            if isinstance(result, str):
                self._on_failure(result)
                self.fail(result)
        self._in_flight = None
        self._sender = None

    async def _send(self, builder: B) -> str | int:
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._ack_timeout_s):
                first = await self._send_batch(builder)
        except TimeoutError:
            return f"Kafka did not acknowledge within {self._ack_timeout_s:g} s"
        except Exception as error:  # the client's errors have no common root; each means the same here
            return f"Kafka did not accept the readings: {error!r}"
        self._metrics.kafka_ack_seconds.observe(time.perf_counter() - started)
        self._metrics.kafka_batch_readings.observe(builder.record_count())
        return first + builder.record_count() if first >= 0 else UNKNOWN
