"""Single readings of a view."""

import json
from typing import Any

import pytest

from query_api.engines.duckdb import DuckDbEngine
from query_api.readings.schemas import ReadingsAnswer, ReadingsQuery
from query_api.readings.service import ReadingsService
from query_api.view.view import View


@pytest.fixture
def service(engine: DuckDbEngine) -> ReadingsService:
    return ReadingsService(engine)


async def answer(service: ReadingsService, view: View, **parameters: Any) -> dict[str, Any]:
    content = json.loads(await service.readings(view, ReadingsQuery.model_validate(parameters)))
    ReadingsAnswer.model_validate(content)
    return dict(content)


async def test_the_newest_come_first_and_say_where_they_are_from(service: ReadingsService, view: View) -> None:
    content = await answer(service, view, limit=3)
    assert [(row["value"], row["source"]) for row in content["readings"]] == [(6, "tail"), (5, "tail"), (4, "table")]
    assert content["tail"] == {"readings": 2, "complete": True}


async def test_a_reading_is_as_it_was_sent_plus_what_was_found(service: ReadingsService, view: View) -> None:
    content = await answer(service, view, source="table", limit=1)
    assert content["readings"] == [
        {
            "reading_id": "00000000-0000-0000-0000-000000000004",
            "sensor_id": "SENSOR_1",
            "sensor_type": "temperature",
            "location": "Tangier-Port",
            "value": 4.0,
            "unit": "Celsius",
            "timestamp": "2026-03-01T12:00:04Z",
            "is_anomaly": None,
            "battery_level": None,
            "processing_time": "2026-03-01T12:00:06Z",
            "detected_anomaly": True,
            "anomaly_score": 0.0,
            "anomaly_reason": None,
            "expected_low": None,
            "expected_high": None,
            "source": "table",
        }
    ]


async def test_what_only_detection_knows_is_null_in_the_tail(service: ReadingsService, view: View) -> None:
    [row] = (await answer(service, view, limit=1))["readings"]
    unknown = ("processing_time", "detected_anomaly", "anomaly_score", "anomaly_reason")
    assert {row[name] for name in unknown} == {None}


async def test_filters_and_times_apply(service: ReadingsService, view: View) -> None:
    content = await answer(service, view, sensor_id=["SENSOR_2"], to="2026-03-01T12:00:05Z")
    assert [row["value"] for row in content["readings"]] == [2]
