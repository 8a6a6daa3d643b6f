"""Each figure of a month with faults, against DuckDB over the same rows."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest
from analyses.month import DRAINING, END, FAULTY, LATE, REPLACED, SILENT, SPIKING, START, STUCK, utc
from pyspark.sql import Row

from stream_processor.analyses.statistics import QUARTILE_ACCURACY

Results = Callable[[str], list[Row]]
STATISTICS = """count(*), count(DISTINCT sensor_id), avg(value), stddev_samp(value), min(value),
    max(value), count_if(detected_anomaly), avg(detected_anomaly::INT), min(event_timestamp), max(event_timestamp)"""
STEPS = """SELECT *, date_part('epoch', event_timestamp) - lag(date_part('epoch', event_timestamp))
        OVER (PARTITION BY sensor_id ORDER BY event_timestamp) AS spacing,
    row_number() OVER (PARTITION BY sensor_id ORDER BY event_timestamp) AS n FROM readings"""


def agree(found: Sequence[Sequence[Any]], expected: Sequence[tuple[Any, ...]]) -> None:
    """The same rows, in any order, figures to 1e-9 of their size."""
    assert len(found) == len(expected)
    key = _sortable
    for row, other in zip(sorted(map(_plain, found), key=key), sorted(map(_plain, expected), key=key), strict=True):
        assert [value for value in row if isinstance(value, str)] == [
            value for value in other if isinstance(value, str)
        ]
        assert _figures(row) == pytest.approx(_figures(other), rel=1e-9, abs=1e-9)


def _figures(row: list[Any]) -> list[Any]:
    return [value for value in row if not isinstance(value, str)]


def _plain(row: Sequence[Any]) -> list[Any]:
    # Times as seconds: approx compares no times.
    return [utc(value).timestamp() if isinstance(value, datetime) else value for value in row]  # type: ignore[union-attr]


def _sortable(row: list[Any]) -> list[str]:
    return [f"{value:>20}" for value in row if isinstance(value, str | int)]


@pytest.mark.parametrize(
    ("name", "keys"), [("descriptive", "sensor_type, unit"), ("locations", "location, sensor_type, unit")]
)
def test_statistics(results: Results, duck: duckdb.DuckDBPyConnection, name: str, keys: str) -> None:
    rows, places = results(name), keys.count(",") + 6
    exact = [row[:places] + row[places + 3 :] for row in map(tuple, rows)]
    agree(exact, duck.sql(f"SELECT {keys}, {STATISTICS} FROM readings GROUP BY ALL").fetchall())
    for row in rows:
        where = " AND ".join(f"{key} = '{row[key]}'" for key in keys.split(", "))
        for part, quartile in ((0.25, row.q1), (0.5, row["median"]), (0.75, row.q3)):
            counts = (
                f"SELECT count_if(value < {quartile!r}), count_if(value <= {quartile!r}) FROM readings WHERE {where}"
            )
            ((below, up_to),) = duck.sql(counts).fetchall()
            slack = 1 + row.readings / QUARTILE_ACCURACY
            assert below - slack <= part * row.readings <= up_to + slack


@pytest.mark.parametrize(
    ("dimension", "key"),
    [("all", "'all'"), ("type", "sensor_type"), ("location", "location"), ("hour", "strftime(event_timestamp, '%H')")],
)
def test_anomalies(results: Results, duck: duckdb.DuckDBPyConnection, dimension: str, key: str) -> None:
    expected = duck.sql(f"""
        SELECT '{dimension}', {key} AS key, count(*), count_if(detected_anomaly), avg(detected_anomaly::INT),
            count(is_anomaly), count_if(is_anomaly AND detected_anomaly), count_if(NOT is_anomaly AND detected_anomaly),
            count_if(is_anomaly AND NOT detected_anomaly), count_if(NOT is_anomaly AND NOT detected_anomaly)
        FROM readings GROUP BY ALL""").fetchall()
    agree([row for row in results("anomalies") if row.dimension == dimension], expected)


def test_episodes(results: Results, duck: duckdb.DuckDBPyConnection) -> None:
    expected = duck.sql(f"""
        WITH found AS (SELECT *, n - row_number() OVER (PARTITION BY sensor_id ORDER BY event_timestamp) AS island
            FROM ({STEPS}) WHERE detected_anomaly)
        SELECT date_part('epoch', max(event_timestamp)) - date_part('epoch', min(event_timestamp)) AS s, count(*),
            max(anomaly_score)
        FROM found GROUP BY sensor_id, island ORDER BY s DESC, count(*) DESC, min(event_timestamp) LIMIT 100""")
    found = sorted((row.duration_s, row.readings, row.max_score) for row in results("episodes"))
    for row, other in zip(found, sorted(expected.fetchall()), strict=True):
        assert row == pytest.approx(other, abs=1e-5)


def test_profiles(results: Results, duck: duckdb.DuckDBPyConnection) -> None:
    parts = {"hour": "hour", "weekday": "isodow"}
    expected = [
        row
        for name, part in parts.items()
        for row in duck.sql(f"""SELECT '{name}', date_part('{part}', event_timestamp)::INT, sensor_type, unit, count(*),
            avg(value), min(value), max(value), avg(detected_anomaly::INT) FROM readings GROUP BY ALL""").fetchall()
    ]
    agree(results("profiles"), expected)


def test_quality(results: Results, duck: duckdb.DuckDBPyConnection) -> None:
    expected = duck.sql(f"""
        WITH steps AS ({STEPS}),
        medians AS (SELECT sensor_id, quantile_disc(spacing, 0.5) AS median FROM steps GROUP BY ALL),
        runs AS (SELECT sensor_id, value, count(*) AS run FROM steps GROUP BY ALL),
        stuck AS (SELECT sensor_id, max(run) AS longest, sum(run) FILTER (run >= 20) AS stuck FROM runs GROUP BY ALL)
        SELECT sensor_id, count(*), any_value(median), count_if(spacing > greatest(10 * median, 60)),
            max(spacing) FILTER (spacing > greatest(10 * median, 60)),
            count_if(processing_time > event_timestamp + INTERVAL 5 MINUTE), any_value(longest),
            coalesce(any_value(stuck), 0) / count(*)
        FROM steps JOIN medians USING (sensor_id) JOIN stuck USING (sensor_id) GROUP BY sensor_id ORDER BY 1""")
    rows = sorted(results("quality"), key=lambda row: row.sensor_id)
    for row, other in zip(rows, expected.fetchall(), strict=True):
        found = (row.readings, row.interval_s, row.gaps, row.longest_gap_s, row.late, row.longest_stuck_readings)
        assert row.sensor_id == other[0]
        assert [value or 0.0 for value in (*found, row.stuck_share)] == pytest.approx(
            [value or 0.0 for value in other[1:]], abs=1e-5
        )


def test_batteries(results: Results, duck: duckdb.DuckDBPyConnection) -> None:
    expected = duck.sql(f"""
        WITH hours AS (SELECT sensor_id, floor(date_part('epoch', event_timestamp) / 600) AS pane,
                avg(battery_level) AS level FROM readings WHERE sensor_id <> '{REPLACED}' GROUP BY ALL),
        hourly AS (SELECT sensor_id, (floor(pane / 6) + 0.5) / 24 AS day, avg(level) AS level FROM hours GROUP BY ALL)
        SELECT sensor_id, count(*), -regr_slope(level, day) FROM hourly GROUP BY ALL ORDER BY 1""").fetchall()
    rows = sorted((row for row in results("battery") if row.sensor_id != REPLACED), key=lambda row: row.sensor_id)
    for row, (sensor, hours, slope) in zip(rows, expected, strict=True):
        assert (row.sensor_id, row.hours) == (sensor, hours)
        assert row.percent_per_day == pytest.approx(slope, rel=1e-6, abs=1e-7)


def test_correlations(results: Results, duck: duckdb.DuckDBPyConnection) -> None:
    expected = duck.sql("""
        WITH means AS (SELECT location, sensor_type AS type, floor(date_part('epoch', event_timestamp) / 600) AS bucket,
            avg(value) AS mean FROM readings GROUP BY ALL)
        SELECT a.location, a.type, b.type, 10 * lag::INT, corr(a.mean, b.mean), count(*)
        FROM means a CROSS JOIN range(-6, 7) lags(lag)
        JOIN means b ON a.location = b.location AND a.type < b.type AND b.bucket = a.bucket + lag
        GROUP BY ALL HAVING count(*) >= 12""").fetchall()
    assert expected
    agree([row[:-1] for row in results("correlations")], expected)


def test_capacity(results: Results, duck: duckdb.DuckDBPyConnection) -> None:
    expected = duck.sql("SELECT event_timestamp::DATE, count(*) FROM readings GROUP BY ALL ORDER BY 1").fetchall()
    assert [(row.day, row.readings) for row in results("capacity")] == expected


def test_exactly_the_faulty_sensors_are_problems(results: Results) -> None:
    rows = {row.sensor_id: row for row in results("sensors")}

    assert {sensor for sensor, row in rows.items() if row.is_problem} == FAULTY
    assert rows[SPIKING].anomaly_part > 0 == rows[SPIKING].silence_part
    assert rows[SILENT].silence_part == pytest.approx(30.0)
    assert rows[STUCK].stuck_part == pytest.approx(30.0)
    assert {row.sensor_id for row in results("quality") if row.late} == {LATE}


def test_each_battery_date_is_within_a_tenth_of_what_remains(results: Results) -> None:
    found = {row.sensor_id: utc(row.empty_at) for row in results("battery") if row.empty_at is not None}
    day = timedelta(days=1)
    true = {sensor: START + 95 / rate * day for sensor, rate in DRAINING.items()} | {REPLACED: START + 60 * day}

    assert found.keys() == true.keys()
    for sensor, moment in found.items():
        assert moment is not None
        assert abs(moment - true[sensor]) < 0.1 * (true[sensor] - END)
