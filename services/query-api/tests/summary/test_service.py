"""The key figures of a view."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iot_contracts.readings import Reading
from query_api.engines.duckdb import DuckDbEngine
from query_api.summary.service import SummaryService
from query_api.table.columns import ROLLUP_COLUMNS
from query_api.table.data_files import Bounds, DataFile
from query_api.table.state import NO_TABLE, ColdSegment, RecentSegment, Rollup
from query_api.tail.batches import to_batch
from query_api.tail.tail import PartitionTail, Tail
from query_api.view.view import View

MakeTable = Callable[..., pa.Table]


@pytest.fixture
def new_service(engine: DuckDbEngine) -> Callable[..., SummaryService]:
    return lambda max_age_ms=0: SummaryService(engine, max_age_ms=max_age_ms)


@pytest.fixture
def cold(data_file: Callable[..., DataFile], table: MakeTable, tmp_path: Path) -> Callable[..., ColdSegment]:
    def make(name: str, numbers: list[int], **changes: Any) -> ColdSegment:
        path = tmp_path / f"{name}.parquet"
        pq.write_table(table(numbers, **changes), path)
        return ColdSegment((data_file(name, rows=len(numbers)),), merged=path)

    return make


async def test_totals_come_from_everywhere(
    new_service: Callable[..., SummaryService], view: View, cold: Callable[..., ColdSegment]
) -> None:
    state = replace(view.table, cold=(cold("c", [7, 8], battery_level=80.0),))
    answer = (await new_service().summary(replace(view, table=state))).model_dump()
    assert answer["readings"] == 8
    assert answer["sensors"] == 3
    assert answer["readings_by_location"] == {"Tangier-Centre": 1, "Tangier-Port": 7}
    assert answer["readings_by_sensor_type"] == {"temperature": 8}
    assert answer["last_reading_at"] == datetime(2026, 3, 1, 12, 0, 8, tzinfo=UTC)
    assert answer["anomalies"] == 1
    assert answer["tail"] == {"readings": 2, "complete": True}
    assert answer["battery"] == {"average_percent": 80.0, "low_percent": 30, "low_sensors": 0}


async def test_the_latest_battery_counts(new_service: Callable[..., SummaryService], view: View) -> None:
    battery = (await new_service().summary(view)).battery
    assert (battery.average_percent, battery.low_sensors) == (20.0, 1)


async def test_the_last_minute_is_by_event_time(
    new_service: Callable[..., SummaryService], view: View, reading: Callable[..., Reading]
) -> None:
    now = datetime.now(UTC)
    times = [
        now - timedelta(seconds=61),
        now - timedelta(seconds=30),
        now - timedelta(seconds=1),
        now + timedelta(hours=1),
    ]
    batch = to_batch(range(4), [reading(n, timestamp=time) for n, time in enumerate(times)])
    answer = await new_service().summary(replace(view, tail=Tail({0: PartitionTail(0, (batch,))})))
    assert answer.readings_last_minute == 2
    assert answer.readings_per_second == pytest.approx(2 / 60)


async def test_nothing_yet_is_zero_and_null(new_service: Callable[..., SummaryService]) -> None:
    answer = await new_service().summary(View())
    assert (answer.readings, answer.sensors, answer.last_reading_at, answer.snapshot) == (0, 0, None, None)
    assert answer.battery.average_percent is None


async def test_files_that_a_rollup_holds_are_not_read(
    new_service: Callable[..., SummaryService], view: View, data_file: Callable[..., DataFile]
) -> None:
    row: dict[str, Any] = {
        "bucket_start": datetime(2026, 3, 1, 11, tzinfo=UTC), "sensor_id": "SENSOR_9", "sensor_type": "humidity",
        "location": "Tangier-Port", "unit": "%", "readings": 40, "mean": 50.0, "m2": 0.0, "min": 50.0, "max": 50.0,
        "anomalies": 3, "last_at": datetime(2026, 3, 1, 11, 59, tzinfo=UTC), "battery_level": 10.0,
        "battery_at": datetime(2026, 3, 1, 11, 30, tzinfo=UTC),
    }  # fmt: skip
    hours = pa.Table.from_pylist([row], ROLLUP_COLUMNS.schema)
    rollup = replace(NO_TABLE, committed_offsets={0: 0}, recent=(RecentSegment((), hours),), source_sequence=4)
    hour = Bounds(event_time_min=row["bucket_start"], event_time_max=row["last_at"])
    held = ColdSegment((replace(data_file("f", bounds=hour), sequence=4),), merged=Path("/does/not/exist"))
    state = replace(view.table, cold=(held,), rollups=(Rollup(3600, rollup),))
    answer = await new_service().summary(replace(view, table=state))
    assert (answer.readings, answer.anomalies, answer.low_batteries) == (46, 4, 2)
    assert answer.readings_by_sensor_type == {"humidity": 40, "temperature": 6}


async def test_many_that_ask_at_once_share_one_answer(new_service: Callable[..., SummaryService], view: View) -> None:
    service = new_service(max_age_ms=60_000)
    first = await service.summary(view)
    assert await service.summary(View()) is first


async def test_days_active_sensors_and_types_are_counted(
    new_service: Callable[..., SummaryService], reading: Callable[..., Reading]
) -> None:
    now = datetime.now(UTC)
    hours = (0, 1, 23, 25, 47, 49)
    readings = [reading(hour, timestamp=now - timedelta(hours=hour, seconds=1)) for hour in hours]
    tail = Tail({0: PartitionTail(held_from=0, batches=(to_batch(list(range(len(hours))), readings),))})
    view = View(replace(View().table, committed_offsets={0: 0}), tail)
    answer = await new_service().summary(view)
    assert (answer.messages_24h, answer.messages_24h_before, answer.anomalies_24h) == (3, 2, 0)
    assert (answer.sensors_total, answer.sensors_active) == (3, 1)
    assert [(one.sensor_type, one.sensors) for one in answer.by_type] == [("temperature", 3)]
    assert answer.readings == len(hours)


async def test_batteries_come_lowest_first_with_their_state(
    new_service: Callable[..., SummaryService], reading: Callable[..., Reading]
) -> None:
    levels = {0: 80.0, 1: 29.9, 2: 9.9, 3: 30.0}
    readings = [reading(number, battery_level=level) for number, level in levels.items()]
    tail = Tail({0: PartitionTail(held_from=0, batches=(to_batch(list(levels), readings),))})
    answer = await new_service().battery(View(replace(View().table, committed_offsets={0: 0}), tail))
    assert [(row.sensor_id, row.battery_level, row.state) for row in answer.rows] == [
        ("SENSOR_2", 9.9, "critical"),
        ("SENSOR_1", 29.9, "low"),
        ("SENSOR_0", 30.0, "ok"),
    ]
    assert (answer.low, answer.critical) == (1, 1)
