"""Small cases whose figures can be checked by hand."""

from datetime import timedelta
from typing import Any

import pytest
from analyses.month import START, Analyse, utc
from pyspark.sql import Row

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def test_quartiles_are_values_that_occur(analyse: Analyse) -> None:
    (row,) = analyse("descriptive", *({"value": float(value)} for value in (2, 4, 4, 4, 5, 5, 7, 9)))

    assert (row.readings, row.sensors, row["mean"], row["min"], row["max"]) == (8, 1, 5.0, 2.0, 9.0)
    assert row.stddev == pytest.approx((32 / 7) ** 0.5)
    assert (row.q1, row.median, row.q3) == (4.0, 4.0, 5.0)


def test_what_is_outside_of_the_range_is_not_counted(analyse: Analyse) -> None:
    times = (START - MINUTE, START, START + DAY - MINUTE, START + DAY)
    (row,) = analyse("descriptive", *({"event_timestamp": time} for time in times), end=START + DAY)

    assert row.readings == 2


def test_confusion_counts_only_labelled_readings(analyse: Analyse) -> None:
    pairs = [(True, True), (True, False), (False, True), (False, False), (False, False), (None, True)]
    rows = analyse("anomalies", *({"is_anomaly": label, "detected_anomaly": found} for label, found in pairs))

    (row,) = [row for row in rows if row.dimension == "all"]
    assert (row.true_positives, row.false_negatives, row.false_positives, row.true_negatives) == (1, 1, 1, 2)
    assert (row.readings, row.anomalies, row.labelled, row.rate) == (6, 3, 5, 0.5)
    (reason,) = [row for row in rows if row.dimension == "reason"]
    assert (reason.key, reason.anomalies, reason.rate) == ("unknown", 3, 1.0)


def test_reasons_that_differ_in_figures_are_one_kind(analyse: Analyse) -> None:
    texts = ("50.5 Celsius is above the normal range, -5 to 45", "1.2E9 Celsius is above the normal range, -5 to 45")
    rows = analyse("anomalies", *({"detected_anomaly": True, "anomaly_reason": text} for text in texts))

    kinds = [(row.key, row.anomalies) for row in rows if row.dimension == "reason"]
    assert kinds == [("… Celsius is above the normal range, … to …", 2)]


def test_an_episode_is_what_nothing_normal_interrupts(analyse: Analyse) -> None:
    found = (True, True, True, False, True)
    rows = analyse(
        "episodes", *({"event_timestamp": START + n * MINUTE, "detected_anomaly": is_} for n, is_ in enumerate(found))
    )

    assert sorted((row.duration_s, row.readings) for row in rows) == [(0.0, 1), (120.0, 3)]


def battery_rows(levels: list[float]) -> list[dict[str, Any]]:
    return [{"event_timestamp": START + n * HOUR, "battery_level": level} for n, level in enumerate(levels)]


def test_a_line_that_falls_one_percent_an_hour_is_empty_when_it_says(analyse: Analyse) -> None:
    (row,) = analyse("battery", *battery_rows([60.0 - n for n in range(48)]))

    assert row.percent_per_day == pytest.approx(24.0)
    assert (row.level, row.state) == (13.0, "critical")
    # An hour's mean stands in the middle of it: 13 % at 47:30, 13 hours more.
    expected = START + 60.5 * HOUR
    for moment in (row.empty_at, row.empty_earliest, row.empty_latest):
        found = utc(moment)
        assert found is not None
        assert abs(found - expected) < MINUTE


def test_a_replaced_battery_begins_anew(analyse: Analyse) -> None:
    (row,) = analyse("battery", *battery_rows([30.0 - n for n in range(24)] + [100.0 - n / 2 for n in range(24)]))

    assert row.percent_per_day == pytest.approx(12.0)
    assert row.state == "ok"


def test_a_battery_that_was_just_replaced_has_a_level_and_no_date(analyse: Analyse) -> None:
    (row,) = analyse("battery", *battery_rows([30.0 - n for n in range(24)] + [100.0]))

    assert (row.level, row.percent_per_day, row.empty_at, row.state) == (100.0, None, None, "ok")


def test_a_battery_that_keeps_its_level_gets_no_date(analyse: Analyse) -> None:
    (row,) = analyse("battery", *battery_rows([90.0 + n % 2 for n in range(48)]))

    assert (row.empty_at, row.state) == (None, "ok")


def test_few_hours_give_no_rate(analyse: Analyse) -> None:
    (row,) = analyse("battery", *battery_rows([9.0, 8.0, 7.0]))

    assert (row.percent_per_day, row.empty_at, row.state) == (None, None, "critical")


def test_a_sensor_that_sent_before_the_range_and_nothing_in_it_is_named(analyse: Analyse) -> None:
    gone = ("S2", "temperature", "Nord", "Celsius", START - HOUR)
    moved = ("S1", "temperature", "Attic", "Celsius", START - HOUR)
    readings = [{"event_timestamp": START + n * MINUTE, "value": float(n)} for n in range(121)]
    asked: dict[str, Any] = {"end": START + 2 * HOUR, "earlier": [gone, moved]}

    rows = {row.sensor_id: row for row in analyse("quality", *readings, **asked)}

    assert rows.keys() == {"S1", "S2"}
    assert (rows["S1"].readings, rows["S1"].gaps) == (120, 0)
    silent = rows["S2"]
    assert (silent.location, silent.readings, silent.gaps, silent.silent_share) == ("Nord", 0, 1, 1.0)
    assert (silent.silent_s, silent.longest_gap_s) == pytest.approx((7140.0, 10_740.0))
    problems = {row.sensor_id: row for row in analyse("sensors", *readings, **asked)}
    assert {sensor for sensor, row in problems.items() if row.is_problem} == {"S2"}
    assert (problems["S2"].readings, problems["S2"].silence_part) == (0, 30.0)


def quality_of(analyse: Analyse, minutes: list[int], **same: Any) -> Row:
    rows = ({"event_timestamp": START + n * MINUTE, "value": float(n), **same} for n in minutes)
    (row,) = analyse("quality", *rows, end=START + (minutes[-1] + 1) * MINUTE)
    return row


def test_a_gap_is_counted_beyond_the_interval(analyse: Analyse) -> None:
    row = quality_of(analyse, [*range(30), *range(60, 90)])

    assert (row.interval_s, row.gaps, row.longest_gap_s, row.silent_s) == (60.0, 1, 31 * 60.0, 30 * 60.0)
    assert row.silent_share == pytest.approx(30 / 89)


def test_a_sensor_that_fell_silent_has_a_gap_up_to_what_was_processed(analyse: Analyse) -> None:
    silent: list[dict[str, Any]] = [{"event_timestamp": START + n * MINUTE, "value": float(n)} for n in range(31)]
    others = [{**row, "sensor_id": "S2", "event_timestamp": row["event_timestamp"] + HOUR / 2} for row in silent]
    rows = {row.sensor_id: row for row in analyse("quality", *silent, *others, end=START + DAY)}

    assert (rows["S1"].gaps, rows["S1"].longest_gap_s) == (1, 30 * 60.0)
    assert (rows["S2"].gaps, rows["S2"].silent_s) == (0, 0.0)


def test_late_and_ahead_are_told_by_the_processing_time(analyse: Analyse) -> None:
    shifts = (timedelta(seconds=1), timedelta(minutes=6), timedelta(seconds=-30))
    (row,) = analyse("quality", *({"processing_time": START + shift} for shift in shifts))

    assert (row.late, row.ahead, row.max_ahead_s) == (1, 1, 30.0)


def test_equal_values_in_a_row_are_stuck_and_flat_when_nothing_else_came(analyse: Analyse) -> None:
    stuck = quality_of(analyse, list(range(25)), value=1.0)
    moving = quality_of(analyse, list(range(25)))

    assert (stuck.longest_stuck_readings, stuck.longest_stuck_s, stuck.stuck_share, stuck.is_flat) == (
        *(25, 24 * 60.0, 1.0),
        True,
    )
    assert (moving.longest_stuck_readings, moving.stuck_share, moving.is_flat) == (1, 0.0, False)


def test_the_score_is_the_sum_of_its_parts(analyse: Analyse) -> None:
    rows = ({"event_timestamp": START + n * MINUTE, "value": float(n), "detected_anomaly": n < 2} for n in range(40))
    (row,) = analyse("sensors", *rows, end=START + 40 * MINUTE)

    # 5 % of 10 % of anomalies: half of 40.
    assert (row.anomaly_part, row.silence_part, row.stuck_part, row.score) == (20.0, 0.0, 0.0, 20.0)
    assert (row.is_problem, row.activity_rank) == (True, 1)


def test_what_the_whole_fleet_has_is_no_sensors_problem(analyse: Analyse) -> None:
    anomalies = {"a": 2, "b": 2, "c": 2, "d": 2, "e": 8}
    rows = (
        {"sensor_id": name, "event_timestamp": START + n * MINUTE, "value": float(n), "detected_anomaly": n < count}
        for name, count in anomalies.items()
        for n in range(40)
    )
    found = analyse("sensors", *rows, end=START + 40 * MINUTE)
    assert {row.sensor_id: row.is_problem for row in found} == {name: name == "e" for name in anomalies}


def test_the_lag_of_a_shifted_series_is_found(analyse: Analyse) -> None:
    wave = [0, 1, 4, 2, 7, 3, 9, 1, 5, 8, 2, 6, 0, 3, 7, 1, 9, 4, 2, 8, 5, 0, 6, 3, 1, 7, 2, 9, 4, 8]
    rows = []
    for n, value in enumerate(wave):
        at = START + n * 10 * MINUTE
        rows.append({"event_timestamp": at, "value": float(value), "sensor_type": "a"})
        rows.append({"event_timestamp": at + 20 * MINUTE, "value": 2.0 * value + 3, "sensor_type": "b"})
    (strongest,) = [row for row in analyse("correlations", *rows) if row.is_strongest]

    assert (strongest.lag_minutes, strongest.correlation) == (20, pytest.approx(1.0))


def test_weekdays_begin_with_monday(analyse: Analyse) -> None:
    # 2026-03-01 is a Sunday.
    rows = analyse("profiles", {"value": 1.0}, {"event_timestamp": START + DAY, "value": 3.0})

    assert [(row.position, row["mean"]) for row in rows if row.dimension == "weekday"] == [(1, 3.0), (7, 1.0)]


def test_the_disk_lasts_as_long_as_the_median_day_allows(analyse: Analyse) -> None:
    rows = analyse("capacity", *({"event_timestamp": START + n * DAY} for n in range(5)))

    assert {(row.bytes_per_day, row.days_until_full) for row in rows} == {(1e6, 1000.0)}
