"""A backtest says what the stream's state machine would have said."""

import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iot_contracts.alerts import Severity
from iot_contracts.rules import Battery, Detector, Missing, Rule, Selectors, Stuck, Threshold
from iot_contracts.sensor_types import DEFAULT_SENSOR_TYPES
from iot_contracts.sensors import Sensor
from query_api.errors import QueryTooLargeError
from query_api.rules import backtest
from query_api.rules.backtest import BacktestService
from query_api.rules.backtest_schemas import BacktestBody
from query_api.rules.schemas import RuleBody
from query_api.table.columns import TABLE_SCHEMA
from query_api.table.data_files import Bounds, DataFile
from query_api.table.file_cache import FileCache
from query_api.table.state import ColdSegment, TableState
from query_api.tail.tail import Tail
from query_api.view.view import View
from service_kit.problems import InvalidRequestError

MakeTable = Callable[..., pa.Table]
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
MAX_READINGS = 1000


class Registry:
    """The registered sensors."""

    def __init__(self, *sensors: Sensor) -> None:
        self._sensors = list(sensors)

    async def registered(self) -> AsyncIterator[list[Sensor]]:
        yield self._sensors


@pytest.fixture
def view(table: MakeTable, state: Callable[..., TableState]) -> View:
    """Reading n is at second n and has the value n; 30 and 50 were found anomalous, 50 is outside of normal too."""
    held = state([1], {0: 60})
    rows = table(range(60)).to_pylist()
    for number, row in enumerate(rows):
        row |= {"processing_time": row["event_timestamp"] + timedelta(seconds=1), "battery_level": 90.0 - number}
        if number in (30, 50):
            row |= {"detected_anomaly": True, "anomaly_score": 0.9, "anomaly_reason": "unlike any"}
    segment = replace(held.recent[0], table=pa.Table.from_pylist(rows, TABLE_SCHEMA))
    return View(replace(held, recent=(segment,)), Tail({}))


async def run(
    view: View, folder: Path, rule: Rule, *sensors: Sensor, max_readings: int = MAX_READINGS, **times: Any
) -> Any:
    def fetch(source: str, target: Path) -> int:
        shutil.copy(source, target)
        return target.stat().st_size

    cache = FileCache(folder, max_bytes=1 << 20, fetch=fetch)
    cache.open()
    registry: Any = Registry(*sensors)
    catalogue = {entry.name: entry for entry in DEFAULT_SENSOR_TYPES}
    service = BacktestService(cache, registry, catalogue, max_readings=max_readings)
    fields = {name: value for name, value in msgspec.structs.asdict(rule).items() if name not in ("version", "deleted")}
    times = {"from_": START, "to": START + timedelta(hours=1)} | times
    try:
        return await service.run(view, BacktestBody(rule=RuleBody(**fields), **times))
    finally:
        service.close()


def rule(parameters: Any, **changes: Any) -> Rule:
    return Rule(rule_id="r", version=1, name="r", severity=Severity.HIGH, parameters=parameters, **changes)


async def test_an_alert_is_told_with_its_begin_and_value(view: View, folder: Path) -> None:
    answer = await run(view, folder, rule(Threshold(above=40.0), selectors=Selectors(sensor_ids=("SENSOR_0",))))
    assert (answer.readings, answer.opened, answer.sensors) == (20, 1, 1)
    [alert] = answer.alerts
    # 42 is SENSOR_0's first value above 40; a live alert is not updated with every reading either.
    assert alert.opened_at == START + timedelta(seconds=42)
    assert (alert.sensor_id, alert.value, alert.peak, alert.count, alert.cleared_at) == ("SENSOR_0", 42, 42, 1, None)


async def test_an_alert_that_ends_says_when(view: View, folder: Path) -> None:
    answer = await run(view, folder, rule(Threshold(below=10.0), selectors=Selectors(sensor_ids=("SENSOR_1",))))
    assert [(one.opened_at, one.cleared_at) for one in answer.alerts] == [
        (START + timedelta(seconds=1), START + timedelta(seconds=10))
    ]


async def test_no_other_rule_plays_a_part(view: View, folder: Path) -> None:
    assert (await run(view, folder, rule(Threshold(above=1000.0)))).opened == 0


async def test_batteries_and_the_detectors_verdict(view: View, folder: Path) -> None:
    low = await run(view, folder, rule(Battery(below=60.0)))
    assert (low.opened, low.sensors) == (3, 3)
    unusual = await run(view, folder, rule(Detector()))
    assert [(one.opened_at, one.message) for one in unusual.alerts] == [(START + timedelta(seconds=30), "unlike any")]


async def test_a_sensors_own_threshold_counts(view: View, folder: Path) -> None:
    own = Sensor(sensor_id="SENSOR_1", high=10.0)
    answer = await run(view, folder, rule(Threshold()), own)
    assert {one.sensor_id: one.limit for one in answer.alerts}["SENSOR_1"] == 10.0


async def test_thresholds_that_are_only_thought_of_count_instead_of_the_registered(view: View, folder: Path) -> None:
    registered, thought_of = (Sensor(sensor_id="SENSOR_1", high=high) for high in (10.0, 20.0))
    answer = await run(view, folder, rule(Threshold()), registered, sensors=(thought_of,))
    assert {one.sensor_id: one.limit for one in answer.alerts}["SENSOR_1"] == 20.0


async def test_only_the_times_asked_for_are_run_over(view: View, folder: Path) -> None:
    answer = await run(view, folder, rule(Threshold(above=1000.0)), to=START + timedelta(seconds=10))
    assert answer.readings == 10
    nothing = await run(view, folder, rule(Threshold()), to=START)
    assert (nothing.readings, nothing.alerts) == (0, [])
    with pytest.raises(InvalidRequestError, match="later"):
        await run(view, folder, rule(Threshold()), from_=START + timedelta(days=1))


@pytest.mark.parametrize("parameters", [Threshold(above=40.0), Detector(), Stuck(for_readings=2), Missing()])
async def test_it_is_the_same_in_whatever_files_and_order_the_readings_are(
    view: View, folder: Path, tmp_path: Path, parameters: Any
) -> None:
    [held] = view.table.recent
    shuffled = held.table.take(np.random.default_rng(5).permutation(len(held.table)))
    file = tmp_path / "data.parquet"
    pq.write_table(shuffled.slice(0, 35), file)
    bounds = Bounds(START, START + timedelta(seconds=60), "SENSOR_0", "SENSOR_2")
    data_file = DataFile(path=str(file), rows=35, size_bytes=file.stat().st_size, bounds=bounds)
    table = replace(view.table, cold=(ColdSegment((data_file,)),), recent=(replace(held, table=shuffled.slice(35)),))
    asked = rule(parameters)
    whole, parts = [
        msgspec.structs.replace(await run(one, folder, asked), took_s=0) for one in (view, View(table, Tail({})))
    ]
    assert parts == whole
    assert whole.readings == 60
    clipped = await run(View(table, Tail({})), folder, asked, to=START + timedelta(seconds=10))
    assert clipped.readings == 10


async def test_late_readings_are_judged_as_the_stream_did(view: View, folder: Path) -> None:
    """A reading that came after a newer one of its sensor moves nothing, whatever its event time."""
    [held] = view.table.recent
    rows = held.table.to_pylist()
    late = next(row for row in rows if row["value"] == 57.0)
    late |= {"processing_time": START + timedelta(minutes=5), "value": -50.0, "kafka_offset": 1000}
    rows.append({**rows[0], "value": 20.0, "event_timestamp": START + timedelta(seconds=58), "reading_id": "x"})
    table = replace(view.table, recent=(replace(held, table=pa.Table.from_pylist(rows, TABLE_SCHEMA)),))
    answer = await run(View(table, Tail({})), folder, rule(Threshold(below=-10.0)))
    assert (answer.readings, answer.opened) == (61, 0)


async def test_more_readings_than_fit_are_refused_with_what_to_narrow(view: View, folder: Path) -> None:
    with pytest.raises(QueryTooLargeError, match="more than 59 readings: give a shorter time, or fewer sensors"):
        await run(view, folder, rule(Threshold(above=40.0)), max_readings=59)
    assert (await run(view, folder, rule(Threshold(above=40.0)), max_readings=60)).readings == 60


async def test_fewer_are_taken_by_a_rule_that_goes_from_reading_to_reading(
    view: View, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backtest, "MAX_BY_ROW", 59)
    assert (await run(view, folder, rule(Threshold(above=40.0)))).readings == 60
    with pytest.raises(QueryTooLargeError, match="more than 59 readings"):
        await run(view, folder, rule(Stuck(for_readings=2)))
