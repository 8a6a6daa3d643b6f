"""Readings of a view in buckets of time."""

import json
from datetime import UTC, datetime, timedelta
from statistics import fmean
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from query_api.engines.duckdb import DuckDbEngine
from query_api.errors import QueryTooLargeError
from query_api.timeseries.intervals import bucket_count, interval_s
from query_api.timeseries.schemas import TimeseriesAnswer, TimeseriesQuery
from query_api.timeseries.service import TimeseriesService
from query_api.view.view import View

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
RANGE = {"from": "2026-03-01T12:00:00Z", "to": "2026-03-01T12:00:10Z"}
VALUES = {number: START + timedelta(seconds=number) for number in range(1, 7)}


@pytest.fixture
def service(engine: DuckDbEngine) -> TimeseriesService:
    return TimeseriesService(engine)


async def answer(service: TimeseriesService, view: View, **parameters: Any) -> dict[str, Any]:
    content = json.loads(await service.timeseries(view, TimeseriesQuery.model_validate(parameters)))
    TimeseriesAnswer.model_validate(content)
    return dict(content)


async def test_table_and_tail_are_one_series(service: TimeseriesService, view: View) -> None:
    content = await answer(service, view, **RANGE, interval="10s")
    assert content["interval_s"] == 10
    assert content["columns"] == ["time", "count", "mean", "min", "max", "anomalies"]
    [series] = content["series"]
    assert series == {
        "sensor_id": None,
        "sensor_type": None,
        "location": None,
        "unit": "Celsius",
        "rows": [["2026-03-01T12:00:00Z", 6, 3.5, 1.0, 6.0, 1]],
    }
    assert content["tail"] == {"readings": 2, "complete": True}


async def test_each_group_is_a_series_of_its_own(service: TimeseriesService, view: View) -> None:
    content = await answer(service, view, **RANGE, interval="10s", group_by="location")
    assert [(one["location"], one["rows"][0][1]) for one in content["series"]] == [
        ("Tangier-Centre", 1),
        ("Tangier-Port", 5),
    ]


async def test_a_series_of_one_sensor_says_which(service: TimeseriesService, view: View) -> None:
    [series] = (await answer(service, view, **RANGE, sensor_id=["SENSOR_1"]))["series"]
    assert series["sensor_id"] == "SENSOR_1"


async def test_empty_buckets_come_only_when_asked_for(service: TimeseriesService, view: View) -> None:
    [without] = (await answer(service, view, **RANGE, interval="1s"))["series"]
    [filled] = (await answer(service, view, **RANGE, interval="1s", fill="null"))["series"]
    assert (len(without["rows"]), len(filled["rows"])) == (6, 10)
    assert filled["rows"][0] == ["2026-03-01T12:00:00Z", 0, None, None, None, 0]
    assert [row for row in filled["rows"] if row[1]] == without["rows"]


async def test_too_many_buckets_are_refused(service: TimeseriesService, view: View) -> None:
    with pytest.raises(QueryTooLargeError, match="wider interval"):
        await answer(service, view, **{"from": "2020-01-01T00:00:00Z"}, interval="1s", fill="null")


def test_an_unknown_interval_is_refused() -> None:
    with pytest.raises(ValidationError):
        TimeseriesQuery.model_validate({"interval": "7s"})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(st.integers(0, 8), st.integers(0, 8), st.sampled_from(["1s", "10s", "1m"]))
async def test_buckets_hold_exactly_the_readings_of_the_range(
    service: TimeseriesService, view: View, first: int, last: int, interval: str
) -> None:
    start, end = (START + timedelta(seconds=number) for number in sorted((first, last)))
    content = await answer(service, view, **{"from": start, "to": end}, interval=interval)
    width = content["interval_s"]
    expected: dict[float, list[float]] = {}
    for value, time in VALUES.items():
        if start <= time < end:
            expected.setdefault(time.timestamp() // width * width, []).append(float(value))
    [series] = content["series"]
    got = {datetime.fromisoformat(row[0]).timestamp(): row[1:5] for row in series["rows"]}
    assert got == {begin: [len(v), fmean(v), min(v), max(v)] for begin, v in expected.items()}


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(1, 5000))
def test_an_automatic_interval_has_at_most_so_many_points(start_s: int, span_s: int, points: int) -> None:
    start = datetime.fromtimestamp(start_s, UTC)
    end = start + timedelta(seconds=span_s)
    width = interval_s("auto", start, end, points)
    assert bucket_count(start, end, width) <= points
