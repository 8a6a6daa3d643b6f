import asyncio
import weakref
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from ingest_api.errors import KafkaUnavailableError
from ingest_api.metrics import Metrics
from ingest_api.readings.service import ReadingService
from iot_contracts.problems import IngestResult, ItemError
from iot_contracts.readings import Reading, SubmittedReading
from service_kit.testing import wait_until


async def test_readings_that_are_not_acknowledged_are_not_counted_as_accepted(
    producer: Any, metrics: Metrics, a_reading: dict
) -> None:
    producer.lost_after_acceptance = True
    service = ReadingService(producer, metrics)
    with pytest.raises(KafkaUnavailableError, match="same reading_ids"):
        await service.take([msgspec.convert(a_reading, SubmittedReading)])
    assert metrics.readings.labels("unacknowledged")._value.get() == 1
    assert metrics.readings.labels("accepted")._value.get() == 0


async def test_nothing_acceptable_needs_no_kafka(producer: Any, metrics: Metrics) -> None:
    producer.away = "gone"
    error = ItemError(index=0, pointer="", code="not_an_object", detail="")
    result = await ReadingService(producer, metrics).take([error])
    assert (result.accepted, result.rejected, result.errors) == (0, 1, [error])


async def test_while_kafka_is_slow_only_bytes_are_kept(metrics: Metrics, a_reading: dict) -> None:
    class SlowWriter:
        """Has taken the readings' bytes and waits for the acknowledgement."""

        def __init__(self) -> None:
            self.acknowledged: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def write(self, readings: Sequence[Reading]) -> asyncio.Future[None]:
            return self.acknowledged

    class Batch(list[SubmittedReading]):
        """A list that can be watched."""

    async def take(service: ReadingService) -> tuple[weakref.ref[Batch], asyncio.Task[IngestResult]]:
        batch = Batch([msgspec.convert(a_reading, SubmittedReading)])
        return weakref.ref(batch), asyncio.create_task(service.take(batch))

    writer = SlowWriter()
    batch, taking = await take(ReadingService(writer, metrics))
    await wait_until(lambda: batch() is None, deadline_s=2, otherwise="the batch is kept until Kafka acknowledges")
    assert not taking.done()
    writer.acknowledged.set_result(None)
    assert (await taking).accepted == 1
