"""The questions that are kept under a name."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from query_api.engines.duckdb import DuckDbEngine
from query_api.errors import InvalidParameterError
from query_api.sql.named import named_queries, parse
from query_api.table.file_cache import FileCache
from query_api.view.parts import Parts

NOW = datetime(2026, 3, 1, 13, tzinfo=UTC)
MakeTable = Callable[..., pa.Table]


@pytest.fixture
def parts(table: MakeTable) -> Parts:
    """Twelve hours of two types in one place: each a reading a minute, the second one the first's opposite."""
    start = NOW - timedelta(hours=12)
    warm, damp = table(range(720), sensor_id="WARM"), table(range(1000, 1720), sensor_id="DAMP", unit="%")
    rows = warm.to_pylist() + damp.to_pylist()
    for number, row in enumerate(rows):
        minute = number % 720
        row |= {"event_timestamp": start + timedelta(minutes=minute), "value": float(minute)}
        if row["sensor_id"] == "WARM":
            row |= {"battery_level": 50 - minute / 72}
        else:
            row |= {"sensor_type": "humidity", "value": -float(minute), "battery_level": 10.0}
            row |= {"detected_anomaly": minute == 7, "is_anomaly": minute in (7, 8)}
    return Parts(recent=[pa.Table.from_pylist(rows, warm.schema)])


async def ask(parts: Parts, folder: Path, name: str, **given: str) -> list[dict[str, Any]]:
    engine = DuckDbEngine(
        FileCache(folder, max_bytes=0, fetch=lambda *_: 0),
        threads=2, memory_limit_mb=512, max_concurrent=1, max_waiting=1, time_limit_s=30,
    )  # fmt: skip
    engine.open()
    query = named_queries()[name]
    result = await engine.sql_of(parts, query.sql, query.bind(given, NOW), 1000)
    engine.close()
    names = [column for column, _ in result.columns]
    return [dict(zip(names, row, strict=True)) for row in result.rows]


@pytest.mark.parametrize("name", named_queries())
async def test_each_is_answered_with_its_defaults(parts: Parts, folder: Path, name: str) -> None:
    rows = await ask(parts, folder, name)
    assert rows or name == "hourly-view"  # nobody is called as its default


async def test_figures(parts: Parts, folder: Path) -> None:
    damp, warm = await ask(parts, folder, "descriptive-statistics")
    assert (warm["readings"], warm["mean"], warm["median"], warm["min"], warm["max"]) == (720, 359.5, 359.5, 0, 719)
    assert damp["anomalies"] == 1
    assert warm["stddev"] == pytest.approx((sum((m - 359.5) ** 2 for m in range(720)) / 719) ** 0.5)
    [row] = await ask(parts, folder, "correlations")
    assert (row["one"], row["other"], row["hours"]) == ("humidity", "temperature", 12)
    assert row["correlation"] == pytest.approx(-1)
    [battery] = await ask(parts, folder, "batteries", below="30")
    assert (battery["sensor_id"], battery["state"]) == ("DAMP", "critical")
    warm_trend, _ = await ask(parts, folder, "battery-discharge")
    assert warm_trend["percent_a_day"] == pytest.approx(-20)
    assert warm_trend["days_left"] == pytest.approx((50 - 719 / 72) / 20)
    [truth] = await ask(parts, folder, "detection-against-truth")
    assert (truth["found"], truth["missed"], truth["false_alarms"], truth["rightly_normal"]) == (1, 1, 0, 718)
    assert len(await ask(parts, folder, "by-hour", type="humidity")) == 12


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"form": "now"}, "has no parameter form; it has: from"),
        ({"from": "soon"}, "is no time"),
        ({"from": "now-999999w"}, "is no time"),
    ],
)
def test_a_parameter_that_is_not_understood_is_refused(given: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        named_queries()["correlations"].bind(given, NOW)


def test_a_header_that_is_not_understood_is_an_error() -> None:
    with pytest.raises(ValueError, match="is not `-- parameter"):
        parse("x", "-- title: T\n-- parameter: from when")
