"""Single readings of a view."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from query_api.engines.duckdb import DuckDbEngine
from query_api.media_types import ARROW, CSV, NDJSON, PARQUET
from query_api.readings.schemas import ReadingsAnswer, ReadingsQuery
from query_api.readings.service import ReadingsService
from query_api.tail.batches import to_batch
from query_api.tail.tail import PartitionTail, Tail
from query_api.view.view import View
from service_kit.problems import InvalidRequestError


@pytest.fixture
def service(engine: DuckDbEngine) -> ReadingsService:
    return ReadingsService(engine)


async def answer(service: ReadingsService, view: View, **parameters: Any) -> dict[str, Any]:
    content = json.loads((await service.readings(view, ReadingsQuery.model_validate(parameters))).content)
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


async def test_pages_follow_each_other_without_a_gap(service: ReadingsService, view: View) -> None:
    values: list[float] = []
    parameters: dict[str, Any] = {"limit": 2}
    for _ in range(3):
        content = await answer(service, view, **parameters)
        values += [row["value"] for row in content["readings"]]
        parameters["page_token"] = content["next_page_token"]
    assert values == [6, 5, 4, 3, 2, 1]
    assert parameters["page_token"] is None


async def test_what_arrives_meanwhile_moves_no_row_to_another_page(
    service: ReadingsService, view: View, reading: Callable[..., Any]
) -> None:
    first = await answer(service, view, limit=3)
    later = to_batch([5, 6], [reading(90), reading(91, timestamp=reading(4).timestamp)])
    share = view.tail.partitions[0]
    grown = replace(view, tail=Tail({0: replace(share, batches=(*share.batches, later))}))
    second = await answer(service, grown, limit=9, page_token=first["next_page_token"])
    assert [row["value"] for row in second["readings"]] == [3, 2, 1]


async def test_readings_of_one_instant_are_on_one_page_each(
    service: ReadingsService, view: View, reading: Callable[..., Any]
) -> None:
    instant = reading(1).timestamp
    twins = [reading(n, timestamp=instant, sensor_id=f"S{n % 2}", reading_id=UUID(int=n // 2)) for n in range(10)]
    at_once = View(replace(view.table, recent=()), Tail({0: PartitionTail(3, (to_batch(range(3, 13), twins),))}))
    seen: list[tuple[str, str]] = []
    parameters: dict[str, Any] = {"limit": 3}
    while "page_token" not in parameters or parameters["page_token"] is not None:
        content = await answer(service, at_once, **parameters)
        seen += [(row["reading_id"], row["sensor_id"]) for row in content["readings"]]
        parameters["page_token"] = content["next_page_token"]
    assert len(seen) == len(set(seen)) == 10


@pytest.mark.parametrize("token", ["", "x", "bm9uZQ"])
async def test_a_token_that_is_none_is_refused(service: ReadingsService, view: View, token: str) -> None:
    with pytest.raises(InvalidRequestError, match="page_token"):
        await service.readings(view, ReadingsQuery.model_validate({"page_token": token}))


@pytest.mark.parametrize("media_type", [CSV, NDJSON, ARROW, PARQUET])
async def test_every_form_has_the_same_rows(service: ReadingsService, view: View, media_type: str) -> None:
    page = await service.readings(view, ReadingsQuery.model_validate({"limit": 4}), media_type=media_type)
    values: dict[str, Callable[[bytes], list[float]]] = {
        CSV: lambda content: [float(row["value"]) for row in csv.DictReader(io.StringIO(content.decode()))],
        NDJSON: lambda content: [json.loads(line)["value"] for line in content.splitlines()],
        ARROW: lambda content: pa.ipc.open_stream(content).read_all()["value"].to_pylist(),
        PARQUET: lambda content: pq.read_table(pa.BufferReader(content))["value"].to_pylist(),
    }
    assert values[media_type](page.content) == [6, 5, 4, 3]
    rest = await answer(service, view, limit=4, page_token=page.next_page_token)
    assert [row["value"] for row in rest["readings"]] == [2, 1]
