"""Which part of a question rollups answer, and that they answer it like the readings themselves."""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from query_api.engines.duckdb import DuckDbEngine
from query_api.engines.summaries import summaries_of
from query_api.latest.schemas import LatestQuery
from query_api.latest.service import LatestService, hour_spans
from query_api.locations.service import LocationsService
from query_api.selection import Selection
from query_api.stats.schemas import StatsAnswer, StatsQuery
from query_api.stats.service import StatsService
from query_api.table.columns import ROLLUP_COLUMNS
from query_api.table.data_files import Bounds, DataFile, Needed
from query_api.table.state import NO_TABLE, ColdSegment, RecentSegment, Rollup, TableState
from query_api.tail.batches import to_batch
from query_api.tail.tail import PartitionTail, Tail
from query_api.timeseries.schemas import TimeseriesQuery
from query_api.timeseries.service import TimeseriesService
from query_api.view.layers import layered_parts, plan_layers
from query_api.view.parts import Source
from query_api.view.view import View

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MakeTable = Callable[..., pa.Table]


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def rollup_of(rows: Sequence[Mapping[str, Any]], width_s: int) -> pa.Table:
    """Partial rows of readings, two of each bucket and series that has several."""
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for number, row in enumerate(rows):
        begin = datetime.fromtimestamp(row["event_timestamp"].timestamp() // width_s * width_s, UTC)
        series = (row["sensor_id"], row["sensor_type"], row["location"], row["unit"])
        groups.setdefault((begin, *series, number % 2), []).append(row)
    return pa.Table.from_pylist([_partial(key, group) for key, group in groups.items()], ROLLUP_COLUMNS.schema)


def _partial(key: tuple[Any, ...], group: list[Mapping[str, Any]]) -> dict[str, Any]:
    values = [row["value"] for row in group]
    mean = sum(values) / len(values)
    last = max(group, key=lambda row: row["event_timestamp"])
    with_battery = [row for row in group if row["battery_level"] is not None]
    battery = max(with_battery, key=lambda row: row["event_timestamp"], default=None)
    return {
        **dict(zip(("bucket_start", "sensor_id", "sensor_type", "location", "unit"), key, strict=False)),
        "readings": len(values),
        "mean": mean,
        "m2": sum((value - mean) ** 2 for value in values),
        "min": min(values),
        "max": max(values),
        "anomalies": sum(row["detected_anomaly"] for row in group),
        "first_at": last["event_timestamp"],
        "first_value": 0.0,
        "last_at": last["event_timestamp"],
        "last_value": last["value"],
        "battery_level": battery and battery["battery_level"],
        "battery_at": battery and battery["event_timestamp"],
    }


def held(table: pa.Table, offsets: dict[int, int]) -> TableState:
    file = DataFile("f", table.num_rows, 1000, Bounds())
    return replace(NO_TABLE, committed_offsets=offsets, recent=(RecentSegment((file,), table),))


@pytest.fixture(params=["in memory", "in a file"])
def layered(table: MakeTable, reading: Callable[..., Any], tmp_path: Path, request: pytest.FixtureRequest) -> View:
    """600 readings of three hours, late ones among them: 400 in the rollups, 550 in the table, the rest in the tail.

    What the rollups hold is in memory with the others, or in a file of which they say that they hold it.
    """
    rng = random.Random(5)
    rows = []
    for number in range(600):
        [row] = table([number]).to_pylist()
        rows.append(
            row
            | {
                "event_timestamp": at(rng.choice([number * 18, number * 18 - 3000 * rng.random()])),
                "value": rng.gauss(1000, 5),
                "location": rng.choice(["Tangier-Port", "Tangier-Centre"]),
                "detected_anomaly": rng.random() < 0.1,
                "battery_level": None if number % 4 else 100 - number / 10,
            }
        )
    in_table, in_rollup = rows[:550], rows[:400]
    schema = table([1]).schema
    tail = [
        reading(
            n,
            timestamp=rows[n]["event_timestamp"],
            value=rows[n]["value"],
            location=rows[n]["location"],
            battery_level=rows[n]["battery_level"],
        )
        for n in range(550, 600)
    ]
    rollups = tuple(Rollup(width, held(rollup_of(in_rollup, width), {0: 400})) for width in (60, 3600))
    state = replace(held(pa.Table.from_pylist(in_table, schema), {0: 550}), rollups=rollups)
    if request.param == "in a file":
        pq.write_table(pa.Table.from_pylist(in_rollup, schema), tmp_path / "rows.parquet")
        settled = ColdSegment((DataFile("s", 400, 1000, Bounds(), 0),), merged=tmp_path / "rows.parquet")
        state = replace(held(pa.Table.from_pylist(rows[400:550], schema), {0: 550}), rollups=rollups, cold=(settled,))
    return View(state, Tail({0: PartitionTail(550, (to_batch(range(550, 600), tail),))}))


def assert_alike(one: Sequence[Any], other: Sequence[Any]) -> None:
    """The same, doubles but for their last digits."""
    for value, expected in zip(one, other, strict=True):
        assert value == (pytest.approx(expected, rel=1e-11) if isinstance(expected, float) else expected)


SPANS = st.tuples(
    st.none() | st.integers(-4000, 12000), st.none() | st.integers(-4000, 12000), st.sampled_from([1, 60, 3600])
)
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "sensor_id": st.lists(st.sampled_from(["SENSOR_0", "SENSOR_1"]), max_size=2),
        "location": st.just(["Tangier-Port"]),
    },
)


def span_of(drawn: tuple[int | None, int | None, int]) -> dict[str, str]:
    """`from` and `to`, in order, some of them at whole buckets."""
    start, end, step = drawn
    if start is not None and end is not None:
        start, end = min(start, end), max(start, end)
    named = {"from": start, "to": end}
    return {name: at(value // step * step).isoformat() for name, value in named.items() if value is not None}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    drawn=SPANS,
    filters=FILTERS,
    keys=st.lists(st.sampled_from(["sensor_id", "location", "sensor_type", "hour", "day"]), unique=True),
    order=st.sampled_from(["keys", "-count", "max"]),
    limit=st.integers(1, 20),
)
async def test_statistics_are_those_of_the_readings_themselves(
    engine: DuckDbEngine, layered: View, drawn: Any, filters: Any, keys: list[str], order: str, limit: int
) -> None:
    query = StatsQuery.model_validate(span_of(drawn) | filters | {"group_by": keys, "order_by": order, "limit": limit})
    plain = replace(layered, table=replace(layered.table, rollups=()))
    service = StatsService(engine)
    answers = [StatsAnswer.model_validate_json(await service.stats(view, query)) for view in (layered, plain)]
    with_rollups, without = answers
    assert (with_rollups.tail, with_rollups.truncated) == (without.tail, without.truncated)
    assert len(with_rollups.rows) == len(without.rows)
    for one, other in zip(with_rollups.rows, without.rows, strict=True):
        assert_alike(list(one.model_dump().values()), list(other.model_dump().values()))


@pytest.mark.parametrize("centre", [0.0, 1013.0, -40_000.0])
async def test_a_deviation_is_exact_however_unlike_its_parts_are(
    engine: DuckDbEngine, table: MakeTable, centre: float
) -> None:
    rng = random.Random(9)
    [row] = table([1]).to_pylist()
    first = _partial((at(0), row["sensor_id"], row["sensor_type"], row["location"], row["unit"]), [row])
    parts = [
        first
        | {
            "readings": rng.choice([1, 60, 3600, 500_000]),
            "mean": centre + rng.gauss(0, 40),
            "m2": rng.random() * 1000,
            "min": centre - 200,
            "max": centre + 200,
        }
        for _ in range(500)
    ]
    rollup = Rollup(3600, held(pa.Table.from_pylist(parts, ROLLUP_COLUMNS.schema), {0: 2}))
    view = View(replace(held(table([1]).slice(0, 0), {0: 2}), rollups=(rollup,)))
    found = await StatsService(engine).stats(view, StatsQuery.model_validate({}))
    [answer] = StatsAnswer.model_validate_json(found).rows
    weights = [Fraction(part["readings"]) for part in parts]
    means = [Fraction(part["mean"]) for part in parts]
    count = sum(weights)
    mean = sum((n * x for n, x in zip(weights, means, strict=True)), Fraction(0)) / count
    squares = sum((n * (x - mean) ** 2 for n, x in zip(weights, means, strict=True)), Fraction(0))
    variance = (squares + sum(Fraction(part["m2"]) for part in parts)) / (count - 1)
    assert answer.stddev == pytest.approx(math.sqrt(variance), rel=1e-12)
    assert answer.mean == pytest.approx(float(mean), rel=1e-12, abs=1e-12)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    drawn=SPANS,
    filters=FILTERS,
    group=st.sampled_from([None, "sensor_id", "location"]),
    interval=st.sampled_from(["30s", "1m", "5m", "1h", "1d"]),
)
async def test_time_series_are_those_of_the_readings_themselves(
    engine: DuckDbEngine, layered: View, drawn: Any, filters: Any, group: str | None, interval: str
) -> None:
    # Before and after all that may be drawn, rounded to hours.
    span = {"from": at(-8000).isoformat(), "to": at(12000).isoformat()} | span_of(drawn)
    query = TimeseriesQuery.model_validate(span | filters | {"group_by": group, "interval": interval})
    plain = replace(layered, table=replace(layered.table, rollups=()))
    service = TimeseriesService(engine)
    with_rollups = msgspec.json.decode(await service.timeseries(layered, query))
    without = msgspec.json.decode(await service.timeseries(plain, query))
    assert with_rollups["tail"] == without["tail"]
    assert [{**one, "rows": None} for one in with_rollups["series"]] == [
        {**one, "rows": None} for one in without["series"]
    ]
    for one, other in zip(with_rollups["series"], without["series"], strict=True):
        for row, expected in zip(one["rows"], other["rows"], strict=True):
            assert_alike(row, expected)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=SPANS, filters=FILTERS)
async def test_locations_are_those_of_the_readings_themselves(
    engine: DuckDbEngine, layered: View, drawn: Any, filters: Any
) -> None:
    selection = Selection.model_validate(span_of(drawn) | filters)
    plain = replace(layered, table=replace(layered.table, rollups=()))
    service = LocationsService(engine)
    with_rollups, without = await service.locations(layered, selection), await service.locations(plain, selection)
    assert with_rollups.tail == without.tail
    for one, other in zip(with_rollups.rows, without.rows, strict=True):
        assert_alike(list(one.model_dump().values()), list(other.model_dump().values()))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=SPANS, filters=FILTERS, limit=st.integers(1, 4))
async def test_the_newest_readings_are_those_of_the_readings_themselves(
    engine: DuckDbEngine, layered: View, drawn: Any, filters: Any, limit: int
) -> None:
    query = LatestQuery.model_validate(span_of(drawn) | filters | {"limit": limit})
    plain = replace(layered, table=replace(layered.table, rollups=()))
    service = LatestService(engine)
    answers = [msgspec.json.decode(await service.latest(view, query)) for view in (layered, plain)]
    assert answers[0]["rows"] == answers[1]["rows"]


def test_a_few_hours_stand_for_the_newest_readings_of_all_sensors() -> None:
    times = [at(0), at(1), at(-3600), at(-9 * 3600), at(-20 * 3600)]
    assert hour_spans(times) == [
        (at(-3600), at(3600)),
        (at(-9 * 3600), at(-8 * 3600)),
        (at(-20 * 3600), at(-19 * 3600)),
    ]
    assert hour_spans(times, max_spans=2) == [(at(-3600), at(3600)), (at(-20 * 3600), at(-8 * 3600))]
    assert hour_spans([]) == []


def test_whole_hours_are_the_hours_and_what_is_left_the_minutes_and_readings(layered: View) -> None:
    plan = plan_layers(layered.table, Needed(start=at(-90), end=at(7200 + 150)))
    assert [(layer.rollup.width_s, layer.span) for layer in plan.layers] == [
        (3600, (at(0), at(7200))),
        (60, (at(-60), at(0))),
        (60, (at(7200), at(7320))),
    ]
    assert plan.edges == ((at(-90), at(-60)), (at(7320), at(7350)))


def test_a_question_without_ends_is_the_hours_alone(layered: View) -> None:
    plan = plan_layers(layered.table, Needed())
    assert ([layer.rollup.width_s for layer in plan.layers], plan.edges) == ([3600], ())


def test_a_rollup_that_is_ahead_of_its_table_or_does_not_make_up_a_bucket_serves_nothing(layered: View) -> None:
    rolled_back = replace(layered.table, committed_offsets={0: 399})
    assert plan_layers(rolled_back, Needed()).layers == ()
    assert plan_layers(replace(layered.table, committed_offsets=None), Needed()).layers == ()
    assert plan_layers(layered.table, Needed(), bucket_s=30).layers == ()
    assert [layer.rollup.width_s for layer in plan_layers(layered.table, Needed(), bucket_s=300).layers] == [60]


def test_files_that_the_rollups_hold_are_opened_for_the_edges_alone(layered: View) -> None:
    def segment(sequence: int, start: float, end: float) -> ColdSegment:
        bounds = Bounds(event_time_min=at(start), event_time_max=at(end))
        return ColdSegment((DataFile(f"{sequence} {start}", 1, 1000, bounds, sequence),))

    hour, edge, newer = segment(3, 0, 3599), segment(3, 3600, 3700), segment(8, 0, 3599)
    rollups = tuple(replace(one, state=replace(one.state, source_sequence=7)) for one in layered.table.rollups)
    table = replace(layered.table, cold=(hour, edge, newer), rollups=rollups)
    needed = Needed(start=at(0), end=at(3630))
    plan = plan_layers(table, needed)
    parts = layered_parts(replace(layered, table=table), Source.ALL, plan, needed)
    assert (parts.cold, parts.settled) == ([newer], [edge])


@pytest.mark.parametrize(("name", "unit"), [("hourly", "hour"), ("minutely", "minute")])
async def test_views_that_rollups_serve_are_those_of_the_readings_themselves(
    engine: DuckDbEngine, layered: View, name: str, unit: str
) -> None:
    of_rollups = await engine.sql(layered, f"SELECT * FROM iot.{name} ORDER BY ALL", [], 10_000)
    of_readings = await engine.sql(
        layered,
        f"SELECT date_trunc('{unit}', event_timestamp), sensor_type, location, sensor_id, unit, count(*), avg(value), "
        "min(value), max(value), count(*) FILTER (WHERE detected_anomaly), arg_max(battery_level, event_timestamp) "
        "FILTER (WHERE battery_level IS NOT NULL) FROM iot.readings GROUP BY ALL ORDER BY ALL",
        [],
        10_000,
    )
    assert [kind for _, kind in of_rollups.columns] == [kind for _, kind in of_readings.columns]
    for one, other in zip(of_rollups.rows, of_readings.rows, strict=True):
        assert_alike(one, other)


async def test_a_view_that_rollups_serve_opens_no_file_that_they_hold(engine: DuckDbEngine, layered: View) -> None:
    plan_of = summaries_of(layered, ["hourly", "minutely"])
    assert [[layer.rollup.width_s for layer in one.plan.layers] for one in plan_of] == [[3600], [60]]
    assert all(not (*one.parts.cold, *one.parts.settled) for one in plan_of)
