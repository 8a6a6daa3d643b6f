"""Statistics over a view."""

import math
import random
import statistics
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from pydantic import ValidationError

from query_api.engines.duckdb import DuckDbEngine
from query_api.stats.schemas import StatsAnswer, StatsQuery
from query_api.stats.service import StatsService
from query_api.table.state import TableState
from query_api.tail.tail import UNKNOWN, PartitionTail, Tail
from query_api.view.view import View


@pytest.fixture
def service(engine: DuckDbEngine) -> StatsService:
    return StatsService(engine)


async def asked(service: StatsService, view: View, query: StatsQuery) -> StatsAnswer:
    return StatsAnswer.model_validate_json(await service.stats(view, query))


def query(**parameters: Any) -> StatsQuery:
    return StatsQuery.model_validate(parameters)


async def test_the_total_is_snapshot_and_tail_and_says_which(service: StatsService, view: View) -> None:
    answer = await asked(service, view, query())
    [row] = answer.rows
    assert (row.count, row.mean, row.min, row.max, row.anomalies) == (6, 3.5, 1.0, 6.0, 1)
    assert row.stddev == pytest.approx(statistics.stdev([1, 2, 3, 4, 5, 6]), rel=1e-12)
    assert answer.tail.model_dump() == {"readings": 2, "complete": True}
    assert answer.snapshot is not None
    assert answer.snapshot.offsets == {0: 3}


async def test_the_table_alone_leaves_the_tail_out(service: StatsService, view: View) -> None:
    answer = await asked(service, view, query(source="table"))
    assert answer.rows[0].count == 4
    assert answer.tail.model_dump() == {"readings": 0, "complete": True}


async def test_an_incomplete_tail_is_left_out_and_said(service: StatsService, view: View) -> None:
    lost = Tail({0: PartitionTail(UNKNOWN, view.tail.partitions[0].batches)})
    answer = await asked(service, replace(view, tail=lost), query())
    assert answer.rows[0].count == 4
    assert answer.tail.model_dump() == {"readings": 0, "complete": False}


async def test_groups_carry_their_keys_in_order(service: StatsService, view: View) -> None:
    answer = await asked(service, view, query(group_by=["location,sensor_id"]))
    assert [row.model_dump(exclude_unset=True, include={"location", "sensor_id", "count"}) for row in answer.rows] == [
        {"location": "Tangier-Centre", "sensor_id": "SENSOR_0", "count": 1},
        {"location": "Tangier-Port", "sensor_id": "SENSOR_0", "count": 1},
        {"location": "Tangier-Port", "sensor_id": "SENSOR_1", "count": 2},
        {"location": "Tangier-Port", "sensor_id": "SENSOR_2", "count": 2},
    ]
    assert "sensor_type" not in answer.rows[0].model_dump(exclude_unset=True)


async def test_from_is_inclusive_and_to_exclusive(service: StatsService, view: View) -> None:
    window = query(**{"from": "2026-03-01T12:00:02Z", "to": "2026-03-01T12:00:05Z"})
    assert (await asked(service, view, window)).rows[0].count == 3


async def test_a_filter_given_twice_takes_either_value(service: StatsService, view: View) -> None:
    answer = await asked(service, view, query(sensor_id=["SENSOR_0", "SENSOR_1"], location=["Tangier-Port"]))
    assert answer.rows[0].count == 3


async def test_no_reading_gives_no_group_but_one_total(service: StatsService, view: View) -> None:
    nobody = {"sensor_id": ["NOBODY"]}
    assert (await asked(service, view, query(**nobody, group_by=["sensor_id"]))).rows == []
    [row] = (await asked(service, view, query(**nobody))).rows
    assert (row.count, row.mean, row.min, row.max, row.stddev, row.anomalies) == (0, None, None, None, None, 0)


async def test_a_single_reading_has_no_deviation(service: StatsService, view: View) -> None:
    [row] = (await asked(service, view, query(location=["Tangier-Centre"]))).rows
    assert (row.count, row.stddev) == (1, None)


async def test_without_a_snapshot_the_tail_answers(service: StatsService, view: View) -> None:
    tail = Tail({0: PartitionTail(0, view.tail.partitions[0].batches)})
    answer = await asked(service, View(tail=tail), query())
    assert (answer.rows[0].count, answer.snapshot) == (2, None)


async def test_the_mean_equals_the_exact_sum_over_n(
    service: StatsService, state: Callable[..., TableState], table: Callable[..., pa.Table]
) -> None:
    chance = random.Random(7)
    values = [chance.uniform(-1, 1) * 10 ** chance.randint(-8, 8) for _ in range(20_000)]
    [segment] = state([0], {0: 1}).recent
    many = table([0] * len(values)).set_column(4, "value", pa.array(values))
    held = replace(state([], {0: 1}), recent=(replace(segment, table=many),))
    [row] = (await asked(service, View(held), query())).rows
    assert row.mean == pytest.approx(math.fsum(values) / len(values), rel=1e-12)


@pytest.mark.parametrize("group_by", ["sensor", "sensor_id;location", "value"])
def test_an_unknown_group_key_is_refused(group_by: str) -> None:
    with pytest.raises(ValidationError):
        query(group_by=[group_by])


async def test_groups_by_time_begin_with_their_hour_or_day(service: StatsService, view: View) -> None:
    answer = await asked(service, view, query(group_by=["day,hour"]))
    assert [(row.day, row.hour, row.count) for row in answer.rows] == [
        (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 1, 12, tzinfo=UTC), 6)
    ]


async def test_the_largest_groups_come_first_and_the_rest_is_said_to_be_left_out(
    service: StatsService, view: View
) -> None:
    answer = await asked(service, view, query(group_by=["sensor_id"], order_by="-max", limit=2))
    assert ([row.max for row in answer.rows], answer.truncated) == ([6, 5], True)
    answer = await asked(service, view, query(group_by=["sensor_id"], order_by="max", limit=3))
    assert ([row.max for row in answer.rows], answer.truncated) == ([4, 5, 6], False)


async def test_percentiles_are_of_every_reading(service: StatsService, view: View) -> None:
    [row] = (await asked(service, view, query(percentiles=["0,50,99.5", "100"]))).rows
    assert row.percentiles == {"0": 1, "50": 3.5, "99.5": pytest.approx(5.975), "100": 6}
    [row] = (await asked(service, view, query(percentiles=["50"], sensor_id=["NOBODY"]))).rows
    assert (row.count, row.percentiles) == (0, None)


@pytest.mark.parametrize("wrong", [{"percentiles": ["101"]}, {"percentiles": ["x"]}, {"order_by": "sum"}, {"limit": 0}])
def test_what_cannot_be_asked_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        query(**wrong)
