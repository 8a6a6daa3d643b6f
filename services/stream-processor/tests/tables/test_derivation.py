"""Derived tables, each reading exactly once, on real Iceberg tables."""

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from iot_contracts.tables import ANOMALIES, READINGS, WINDOW_STATS, Table
from stream_processor.tables import derivation
from stream_processor.tables.catalog import ancestors, append, newest_with_offsets, offsets_of
from stream_processor.tables.derivation import derive_tables
from stream_processor.tables.readings import snapshot_properties
from stream_processor.tables.schemas import full_name

pytestmark = pytest.mark.usefixtures("tables")
Store = Callable[..., None]
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


def test_nothing_is_derived_from_a_table_without_a_border(spark: SparkSession) -> None:
    assert derive_tables(spark) == {}


def test_every_reading_is_derived_once_over_several_snapshots(spark: SparkSession, store: Store) -> None:
    store(at(0), at(1, **STRANGE))
    store(at(31, value=23.5))
    assert derive_tables(spark) == {"iot.anomalies": 3, "iot.window_stats": 3}
    assert anomalies(spark) == [80.0]
    assert windows(spark) == {-30: (2, 50.75, 1), 0: (3, 125 / 3, 1), 30: (1, 23.5, 0)}
    # A late reading corrects its windows and leaves the others alone.
    store(at(2, value=20.5, **{k: v for k, v in STRANGE.items() if k != "value"}), at(3600))
    assert derive_tables(spark) == {"iot.anomalies": 2, "iot.window_stats": 2}
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
    for table in (ANOMALIES, WINDOW_STATS):
        derived = newest_with_offsets(spark, table)
        assert derived is not None
        assert offsets_of(derived) == {0: 1}
        assert derived.properties["iot.source-snapshot-id"] == str(source.id)


def test_what_is_up_to_date_is_not_touched(spark: SparkSession, store: Store) -> None:
    store(at(0))
    derive_tables(spark)
    assert derive_tables(spark) == {"iot.anomalies": 0, "iot.window_stats": 0}
    assert (snapshots(spark, ANOMALIES), snapshots(spark, WINDOW_STATS)) == (1, 1)


def test_messages_that_gave_no_readings_move_the_borders_too(spark: SparkSession, store: Store) -> None:
    store({"dead_letter_reason": "not_json"})
    assert derive_tables(spark) == {"iot.anomalies": 1, "iot.window_stats": 1}
    assert derive_tables(spark) == {"iot.anomalies": 0, "iot.window_stats": 0}


def test_a_crash_between_two_tables_leaves_the_second_one_to_the_next_time(
    spark: SparkSession, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise RuntimeError("the process died here")

    store(at(0, **STRANGE))
    (first, _) = derivation.DERIVED
    with monkeypatch.context() as crash:
        crash.setattr(derivation, "DERIVED", (first, (WINDOW_STATS, die)))
        with pytest.raises(RuntimeError, match="died here"):
            derive_tables(spark)
    assert derive_tables(spark) == {"iot.anomalies": 0, "iot.window_stats": 1}
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
