"""Derived tables, each reading exactly once, on real Iceberg tables."""

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from iot_contracts.tables import ANOMALIES, READINGS, READINGS_1H, READINGS_1M, WINDOW_STATS, Table
from stream_processor.tables import derivation, window_stats
from stream_processor.tables.catalog import ancestors, append, newest_with_offsets, offsets_of
from stream_processor.tables.derivation import derive_tables
from stream_processor.tables.readings import snapshot_properties
from stream_processor.tables.schemas import full_name

pytestmark = pytest.mark.usefixtures("tables")
Store = Callable[..., None]
DERIVED = [table for table, _, _ in derivation.DERIVED]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
STRANGE = {"detected_anomaly": True, "anomaly_score": 0.7, "anomaly_reason": "too hot", "value": 80.0}


@pytest.fixture
def store(processed: Callable[..., DataFrame]) -> Store:
    """Append a batch of readings, whose offsets go on from the last one's, as one snapshot."""
    reached = 0

    def batch(*changes: dict[str, Any]) -> None:
        nonlocal reached
        rows = processed(*({"kafka_offset": reached + i} | change for i, change in enumerate(changes)))
        reached += len(changes)
        append(rows, READINGS, snapshot_properties({0: reached}, "query", 0, {}))

    return batch


def at(second: float, **changes: Any) -> dict[str, Any]:
    return {"event_timestamp": NOON + timedelta(seconds=second)} | changes


def windows(spark: SparkSession) -> dict[int, tuple[int, float, int]]:
    """Of each stored window, by its start in seconds after noon: count, mean, anomalies."""
    rows = spark.table(full_name(WINDOW_STATS)).toArrow().to_pylist()
    found = {(row["window_start"] - NOON) // timedelta(seconds=1): row for row in rows}
    assert len(found) == len(rows)
    return {start: (row["count"], row["avg"], row["anomaly_count"]) for start, row in found.items()}


def anomalies(spark: SparkSession) -> list[float]:
    return sorted(row["value"] for row in spark.table(full_name(ANOMALIES)).select("value").collect())


def snapshots(spark: SparkSession, table: Table) -> int:
    return len(list(ancestors(spark, table)))


def advanced(messages: int) -> dict[str, int]:
    """Every derived table advanced by so many messages."""
    return {table.name: messages for table in DERIVED}


def rollup(spark: SparkSession, table: Table) -> list[dict[str, Any]]:
    rows = spark.table(full_name(table)).orderBy("bucket_start", "sensor_id", "readings").toArrow().to_pylist()
    return [dict(row) for row in rows]


def test_nothing_is_derived_from_a_table_without_a_border(spark: SparkSession) -> None:
    assert derive_tables(spark) == {}


def test_every_reading_is_derived_once_over_several_snapshots(spark: SparkSession, store: Store) -> None:
    store(at(0), at(1, **STRANGE))
    store(at(31, value=23.5))
    assert derive_tables(spark) == advanced(3)
    assert anomalies(spark) == [80.0]
    assert windows(spark) == {-30: (2, 50.75, 1), 0: (3, 125 / 3, 1), 30: (1, 23.5, 0)}
    # A late reading corrects its windows and leaves the others alone.
    store(at(2, value=20.5, **{k: v for k, v in STRANGE.items() if k != "value"}), at(3600))
    assert derive_tables(spark) == advanced(2)
    assert anomalies(spark) == [20.5, 80.0]
    assert windows(spark) == {
        **{-30: (3, 122 / 3, 2), 0: (4, 145.5 / 4, 2), 30: (1, 23.5, 0)},
        **{3570: (1, 21.5, 0), 3600: (1, 21.5, 0)},
    }


def test_a_derived_table_says_which_offsets_and_snapshot_it_reaches(spark: SparkSession, store: Store) -> None:
    store(at(0))
    derive_tables(spark)
    source = newest_with_offsets(spark, READINGS)
    assert source is not None
    for table in DERIVED:
        derived = newest_with_offsets(spark, table)
        assert derived is not None
        assert offsets_of(derived) == {0: 1}
        assert derived.properties["iot.source-snapshot-id"] == str(source.id)
        assert derived.properties["iot.source-sequence-number"] == str(source.sequence_number)


def test_what_is_up_to_date_is_not_touched(spark: SparkSession, store: Store) -> None:
    store(at(0))
    derive_tables(spark)
    assert derive_tables(spark) == advanced(0)
    assert (snapshots(spark, ANOMALIES), snapshots(spark, WINDOW_STATS)) == (1, 1)


def test_messages_that_gave_no_readings_move_the_borders_too(spark: SparkSession, store: Store) -> None:
    store({"dead_letter_reason": "not_json"})
    assert derive_tables(spark) == advanced(1)
    assert derive_tables(spark) == advanced(0)


def test_a_crash_between_two_tables_leaves_the_second_one_to_the_next_time(
    spark: SparkSession, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise RuntimeError("the process died here")

    store(at(0, **STRANGE))
    (first, (second, _, pace), *others) = derivation.DERIVED
    with monkeypatch.context() as crash:
        crash.setattr(derivation, "DERIVED", (first, (second, die, pace), *others))
        with pytest.raises(RuntimeError, match="died here"):
            derive_tables(spark)
    assert derive_tables(spark) == advanced(0) | {"iot.window_stats": 1}
    assert anomalies(spark) == [80.0]
    assert windows(spark) == {-30: (1, 80.0, 1), 0: (1, 80.0, 1)}


@pytest.fixture
def central_europe() -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Europe/Berlin"
    time.tzset()
    yield
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.usefixtures("central_europe")
def test_windows_in_the_hour_that_local_clocks_show_twice_hold_all_their_readings(
    spark: SparkSession, store: Store
) -> None:
    second_half_past_two = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    store({"event_timestamp": second_half_past_two}, {"event_timestamp": second_half_past_two + timedelta(hours=1)})
    derive_tables(spark)
    assert sorted(count for count, _, _ in windows(spark).values()) == [1, 1, 1, 1]


def test_a_rollup_has_the_figures_of_each_series_and_bucket(spark: SparkSession, store: Store) -> None:
    store(
        at(0, value=20.0, battery_level=50.0),
        at(10, value=23.0),
        at(59, value=20.0, **{k: v for k, v in STRANGE.items() if k != "value"}),
        at(60, value=7.0),
        at(0, value=1000.0, unit="hPa", sensor_type="pressure"),
        at(-3600 * 24 * 365 * 60, value=1.0),
    )
    derive_tables(spark)
    minutes = rollup(spark, READINGS_1M)
    assert [(row["bucket_start"], row["unit"], row["readings"]) for row in minutes] == [
        (datetime(1966, 3, 16, 12, tzinfo=UTC), "Celsius", 1),
        (NOON, "hPa", 1),
        (NOON, "Celsius", 3),
        (NOON + timedelta(minutes=1), "Celsius", 1),
    ]
    first = minutes[2]
    assert first["m2"] == pytest.approx(6.0)
    assert {name: first[name] for name in ("mean", "min", "max", "anomalies", "first_value", "last_value")} == {
        "mean": 21.0, "min": 20.0, "max": 23.0, "anomalies": 1, "first_value": 20.0, "last_value": 20.0,
    }  # fmt: skip
    assert (first["first_at"], first["last_at"]) == (NOON, NOON + timedelta(seconds=59))
    assert (first["battery_level"], first["battery_at"]) == (50.0, NOON)
    assert [row["readings"] for row in rollup(spark, READINGS_1H)] == [1, 1, 4]


@pytest.mark.parametrize("is_expired", [False, True])
def test_a_late_reading_is_one_more_partial_row(spark: SparkSession, store: Store, is_expired: bool) -> None:
    store(at(0, value=20.0))
    store(at(1, value=21.0))
    derive_tables(spark)
    store(at(2, value=22.0))
    spark.sql("CALL lake.system.rewrite_data_files(table => 'iot.readings', options => map('rewrite-all', 'true'))")
    store(at(3, value=25.0), at(3600))
    if is_expired:
        spark.sql("CALL lake.system.expire_snapshots(table => 'iot.readings', older_than => now(), retain_last => 1)")
    derive_tables(spark)
    found = sorted((row["readings"], row["mean"]) for row in rollup(spark, READINGS_1H))
    assert found == [(1, 21.5), (2, 20.5), (2, 23.5)]


def test_a_rollup_waits_for_many_readings_or_half_an_hour(spark: SparkSession, store: Store) -> None:
    store(at(0))
    just_started, long_ago = datetime.now(UTC), datetime.now(UTC) - timedelta(hours=1)
    paced = advanced(1) | {READINGS_1M.name: 0, READINGS_1H.name: 0}
    assert derive_tables(spark, unhurried_since=just_started) == paced
    assert derive_tables(spark, unhurried_since=long_ago) == advanced(0) | {READINGS_1M.name: 1, READINGS_1H.name: 1}


def test_one_reading_of_long_ago_does_not_have_every_day_since_read() -> None:
    assert window_stats.day_runs([20000, 0, 20001, 19999]) == [(0, 0), (19999, 20001)]
    assert window_stats.day_runs([0, 10, 12, 30], max_runs=2) == [(0, 12), (30, 30)]
    assert window_stats.day_runs([]) == []
