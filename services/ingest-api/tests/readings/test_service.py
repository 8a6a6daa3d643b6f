import asyncio
import weakref
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from ingest_api.errors import KafkaUnavailableError
from ingest_api.metrics import Metrics
from ingest_api.readings.service import ReadingService
from ingest_api.settings import Settings
from iot_contracts.problems import IngestResult, ItemError
from iot_contracts.readings import Reading, SubmittedReading
from iot_domain.position import Position
from service_kit.testing import wait_until

RULES = Settings().rules()
NOW = datetime(2026, 3, 1, 12, 1, tzinfo=UTC)


async def test_readings_that_are_not_acknowledged_are_not_counted_as_accepted(
    producer: Any, metrics: Metrics, a_reading: dict[str, Any]
) -> None:
    producer.lost_after_acceptance = True
    service = ReadingService(producer, metrics, RULES)
    with pytest.raises(KafkaUnavailableError, match="same reading_ids"):
        await service.accept([msgspec.convert(a_reading, SubmittedReading)], NOW, body_format="application/json")
    assert metrics.readings.labels("unacknowledged", "application/json")._value.get() == 1
    assert metrics.readings.labels("accepted", "application/json")._value.get() == 0


async def test_nothing_acceptable_needs_no_kafka(producer: Any, metrics: Metrics) -> None:
    producer.away = "gone"
    error = ItemError(index=0, pointer="", code="not_an_object", detail="")
    result = await ReadingService(producer, metrics, RULES).accept([error], NOW, body_format="application/json")
    assert (result.accepted, result.rejected, result.errors) == (0, 1, [error])


async def test_while_kafka_is_slow_only_bytes_are_kept(metrics: Metrics, a_reading: dict[str, Any]) -> None:
    class SlowWriter:
        """Has taken the readings' bytes and waits for the acknowledgement."""

        def __init__(self) -> None:
            self.acknowledged: asyncio.Future[Position] = asyncio.get_running_loop().create_future()

        def write(self, readings: Sequence[Reading]) -> asyncio.Future[Position]:
            return self.acknowledged

    class Batch(list[SubmittedReading]):
        """A list that can be watched."""

    async def take(service: ReadingService) -> tuple[weakref.ref[Batch], asyncio.Task[IngestResult]]:
        batch = Batch([msgspec.convert(a_reading, SubmittedReading)])
        return weakref.ref(batch), asyncio.create_task(service.accept(batch, NOW, body_format="application/json"))

    writer = SlowWriter()
    batch, taking = await take(ReadingService(writer, metrics, RULES))
    await wait_until(lambda: batch() is None, deadline_s=2, otherwise="the batch is kept until Kafka acknowledges")
    assert not taking.done()
    writer.acknowledged.set_result({})
    assert (await taking).accepted == 1
