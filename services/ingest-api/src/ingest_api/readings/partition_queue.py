"""One partition's batches on their way to Kafka."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol

from ingest_api.metrics import Metrics

Acknowledgement = asyncio.Future[str | None]
"""Done once the batch's fate is known: None when Kafka has it, otherwise why it may not have it."""


class BatchBuilder(Protocol):
    """A batch being filled; what the Kafka client offers."""

    def append(self, *, timestamp: int | None, key: bytes | None, value: bytes | None) -> object | None:
        """Add a record, or return None when the batch is full."""

    def close(self) -> None:
        """Let no further record in."""

    def record_count(self) -> int:
        """Records in the batch."""


SendBatch = Callable[[BatchBuilder], Awaitable[object]]


class _Batch:
    def __init__(self, builder: BatchBuilder) -> None:
        self.builder = builder
        self.acknowledgement: Acknowledgement = asyncio.get_running_loop().create_future()

    def settle(self, failure: str | None) -> None:
        if not self.acknowledgement.done():
            self.acknowledgement.set_result(failure)


class PartitionQueue:
    """Sends one partition's batches one after the other; while one is under way the next one fills.

    So batches grow with the load by themselves: a single reading leaves at once, and a thousand
    requests that come while Kafka works on a batch share the next one. The partition's order is the
    order of `append`. After the first failure the queue takes nothing more: a later batch must not
    overtake one whose fate is unknown.
    """

    def __init__(
        self,
        create_batch: Callable[[], BatchBuilder],
        send_batch: SendBatch,
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
        self._waiting: deque[_Batch] = deque()
        self._under_way: _Batch | None = None
        self._sender: asyncio.Task[None] | None = None
        self._failure: str | None = None

    def append(self, key: bytes, value: bytes, timestamp_ms: int) -> Acknowledgement:
        """Put a record into the batch that fills now, and return that batch's acknowledgement."""
        batch = self._waiting[-1] if self._waiting else self._open_batch()
        if batch.builder.append(timestamp=timestamp_ms, key=key, value=value) is None:
            batch = self._open_batch()
            batch.builder.append(timestamp=timestamp_ms, key=key, value=value)
        return batch.acknowledgement

    def fail(self, reason: str) -> None:
        """Give up everything that waits or is under way; what is under way may still arrive."""
        self._failure = reason
        if self._sender is not None:
            self._sender.cancel()
        if self._under_way is not None:
            self._under_way.settle(reason)
        while self._waiting:
            self._waiting.popleft().settle(reason)

    def _open_batch(self) -> _Batch:
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
            self._under_way = batch = self._waiting.popleft()
            batch.builder.close()
            failure = await self._send(batch.builder)
            batch.settle(failure)
            if failure is not None:
                self._on_failure(failure)
                self.fail(failure)
        self._under_way = None
        self._sender = None

    async def _send(self, builder: BatchBuilder) -> str | None:
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
