"""Each sensor's newest reading."""

import json

from query_api.engines.duckdb import DuckDbEngine
from query_api.latest.schemas import LatestAnswer, LatestQuery
from query_api.latest.service import LatestService
from query_api.view.view import View


async def test_each_sensor_has_its_newest_reading_by_event_time(engine: DuckDbEngine, view: View) -> None:
    content = json.loads(await LatestService(engine).latest(view, LatestQuery.model_validate({})))
    LatestAnswer.model_validate(content)
    assert [(row["sensor_id"], row["value"], row["source"]) for row in content["rows"]] == [
        ("SENSOR_0", 6, "tail"),
        ("SENSOR_2", 5, "tail"),
        ("SENSOR_1", 4, "table"),
    ]
    assert content["rows"][2]["event_timestamp"] == "2026-03-01T12:00:04Z"
    assert content["rows"][2]["detected_anomaly"] is True
    assert content["rows"][1]["battery_level"] == 20.0


async def test_filters_and_limit_apply(engine: DuckDbEngine, view: View) -> None:
    query = LatestQuery.model_validate({"location": ["Tangier-Port"], "limit": 2})
    content = json.loads(await LatestService(engine).latest(view, query))
    assert [(row["sensor_id"], row["value"]) for row in content["rows"]] == [("SENSOR_2", 5), ("SENSOR_1", 4)]
