"""Everything that this service uses of aiokafka's private parts; `tests/publishing/test_aiokafka_internals.py` names
the version that it was written for.
"""

from collections.abc import Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder

from ingest_api.publishing.partition_queue import Record

UNCOMPRESSED = 0


class RecordBatch(BatchBuilder):  # type: ignore[misc]  # aiokafka has no types
    """A batch of aiokafka that accepts many records in one call.

    aiokafka's own `append` costs as much again in Python as the record does in C, and is called for every record. So
    this one fills the builder beneath it, and keeps the next offset where aiokafka keeps it.
    """

    _relative_offset: int

    def __init__(self, max_bytes: int) -> None:
        super().__init__(max_bytes, UNCOMPRESSED)

    def extend(self, records: Sequence[Record], start: int, timestamp_ms: int) -> int:
        """Add records until the batch is full; see `partition_queue.BatchBuilder`."""
        if self._closed:
            return 0
        append = self._builder.append
        no_headers: list[tuple[str, bytes]] = []
        first = offset = self._relative_offset
        for key, value in records[start:] if start else records:
            if append(offset, timestamp_ms, key, value, no_headers) is None:
                self.close()
                break
            offset += 1
        self._relative_offset = offset
        return offset - first


async def drop_undelivered(producer: AIOKafkaProducer) -> None:
    """Forget the batches that Kafka has not acknowledged, so that `producer.stop()` does not wait for them.

    An idempotent producer retries for ever, and stop() waits for that.
    """
    await producer._sender.close()
    producer._message_accumulator._batches.clear()
    producer._message_accumulator._pending_batches.clear()
