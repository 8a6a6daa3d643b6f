"""Panes and windows in Spark, compared with a plain computation."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from iot_contracts.tables import WINDOW_STATS
from iot_contracts.window_stats import WINDOW_LENGTH_S, WINDOW_SLIDE_S
from stream_processor.windows.panes import aggregate_panes, combine_panes
from stream_processor.windows.running_windows import RunningWindows, panes_from_rows

SCHEMA = "event_us bigint, sensor_type string, location string, value double, detected_anomaly boolean"
FIRST_S, SPAN_S = 1_767_225_600, 300


class Measured(NamedTuple):
    """One reading; sums of quarters are exact."""

    event_us: int
    sensor_type: str
    location: str
    value: float
    detected_anomaly: bool


def instants(first_s: int) -> st.SearchStrategy[int]:
    """Microseconds since the epoch within SPAN_S, half of them on the committed of a pane or next to one."""
    anywhere = st.integers(0, SPAN_S * 1_000_000)
    borders = st.builds(
        lambda pane, off: pane * WINDOW_SLIDE_S * 1_000_000 + off, st.integers(0, 9), st.integers(-1, 1)
    )
    return (anywhere | borders).map(lambda us: first_s * 1_000_000 + us)


readings = st.builds(
    Measured,
    instants(FIRST_S) | instants(-150),
    st.sampled_from(["temperature", "humidity"]),
    st.sampled_from(["Tanger – Médina", "port"]),
    st.integers(-4000, 4000).map(lambda quarters: quarters / 4),
    st.booleans(),
)
WindowRow = tuple[datetime, datetime, str, str, int, float, float, float, int]


def instant(seconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def windows_by_hand(measured: Iterable[Measured]) -> set[WindowRow]:
    inside: dict[tuple[int, str, str], list[Measured]] = defaultdict(list)
    for one in measured:
        newest_s = one.event_us // 1_000_000 // WINDOW_SLIDE_S * WINDOW_SLIDE_S
        for start_s in (newest_s, newest_s - WINDOW_SLIDE_S):
            inside[start_s, one.sensor_type, one.location].append(one)
    return {
        (
            *(instant(start_s), instant(start_s + WINDOW_LENGTH_S), sensor_type, location, len(found)),
            sum(one.value for one in found) / len(found),
            *(min(one.value for one in found), max(one.value for one in found)),
            sum(one.detected_anomaly for one in found),
        )
        for (start_s, sensor_type, location), found in inside.items()
    }


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(measured=st.lists(readings, min_size=50, max_size=200))
def test_windows_are_what_a_plain_computation_gives(spark: SparkSession, measured: list[Measured]) -> None:
    rows = spark.createDataFrame(measured, SCHEMA).withColumn("event_timestamp", F.timestamp_micros("event_us"))
    windows = combine_panes(aggregate_panes(rows)).toArrow().to_pylist()
    assert {tuple(window.values()) for window in windows} == windows_by_hand(measured)
    assert all(list(window) == [column.name for column in WINDOW_STATS.columns] for window in windows)


def test_the_largest_values_that_a_table_may_hold_have_an_average(spark: SparkSession) -> None:
    largest = 2.0**1023  # three of them overflow, and are exact in any unit of a power of two
    values = {"north": [largest, largest, largest], "south": [largest, -largest, 1.0]}
    measured = [
        Measured((FIRST_S + at_s) * 1_000_000, "x", location, value, False)
        for location, of_location in values.items()
        for at_s, value in enumerate(of_location)
    ]
    rows = spark.createDataFrame(measured, SCHEMA).withColumn("event_timestamp", F.timestamp_micros("event_us"))
    panes = aggregate_panes(rows)
    stored = {(row["location"], row["avg"]) for row in combine_panes(panes).collect()}
    assert {location for location, avg in stored if avg == largest} == {"north"}
    assert all(abs(avg) <= largest for _, avg in stored)
    live = RunningWindows(2 * SPAN_S, 1000).merge(panes_from_rows(panes.toArrow().to_pylist()), instant(FIRST_S + 60))
    assert {(window.location, window.avg) for window in live} == stored


def test_live_windows_and_stored_windows_agree(spark: SparkSession) -> None:
    measured = [
        Measured((FIRST_S + at_s) * 1_000_000, "temperature", location, at_s / 4, at_s % 7 == 0)
        for at_s in range(SPAN_S)
        for location in ("port", "centre")
    ]
    rows = spark.createDataFrame(measured, SCHEMA).withColumn("event_timestamp", F.timestamp_micros("event_us"))
    panes = panes_from_rows(aggregate_panes(rows).toArrow().to_pylist())
    live = RunningWindows(2 * SPAN_S, 1000).merge(panes, instant(FIRST_S + SPAN_S))
    assert {
        (w.window_start, w.window_end, w.sensor_type, w.location, w.count, w.avg, w.min, w.max, w.anomaly_count)
        for w in live
    } == windows_by_hand(measured)
