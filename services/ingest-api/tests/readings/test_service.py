from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from ingest_api.errors import KafkaUnavailableError
from ingest_api.metrics import Metrics
from ingest_api.readings.service import ReadingService
from ingest_api.settings import Settings
from iot_contracts.problems import ItemError
from iot_contracts.readings import SubmittedReading

RULES = Settings().rules()
NOW = datetime(2026, 3, 1, 12, 1, tzinfo=UTC)


async def test_readings_that_are_not_acknowledged_are_not_counted_as_accepted(
    producer: Any, metrics: Metrics, a_reading: dict
) -> None:
    producer.lost_after_acceptance = True
    service = ReadingService(producer, metrics, RULES)
    with pytest.raises(KafkaUnavailableError, match="same reading_ids"):
        await service.take([msgspec.convert(a_reading, SubmittedReading)], NOW, body_format="application/json")
    assert metrics.readings.labels("unacknowledged", "application/json")._value.get() == 1
    assert metrics.readings.labels("accepted", "application/json")._value.get() == 0


async def test_nothing_acceptable_needs_no_kafka(producer: Any, metrics: Metrics) -> None:
    producer.away = "gone"
    error = ItemError(index=0, pointer="", code="not_an_object", detail="")
    result = await ReadingService(producer, metrics, RULES).take([error], NOW, body_format="application/json")
    assert (result.accepted, result.rejected, result.errors) == (0, 1, [error])
