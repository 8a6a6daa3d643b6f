"""The typed results of the analyses: a schema each, in Spark's DDL. Pure."""

from typing import Final

_STATISTICS = (
    "readings bigint, sensors bigint, mean double, stddev double, min double, q1 double, median double, q3 double, "
    "max double, anomalies bigint, anomaly_rate double, first_reading timestamp, last_reading timestamp"
)
SCHEMAS: Final[dict[str, str]] = {
    "descriptive": f"sensor_type string, unit string, {_STATISTICS}",
    "locations": f"location string, sensor_type string, unit string, {_STATISTICS}",
    "anomalies": (
        "dimension string, key string, readings bigint, anomalies bigint, rate double, labelled bigint, "
        "true_positives bigint, false_positives bigint, false_negatives bigint, true_negatives bigint"
    ),
    "episodes": (
        "sensor_id string, sensor_type string, location string, started timestamp, ended timestamp, "
        "duration_s double, readings bigint, max_score double, reason string"
    ),
    "battery": (
        "sensor_id string, location string, level double, measured_at timestamp, state string, hours bigint, "
        "percent_per_day double, stderr_per_day double, empty_at timestamp, empty_earliest timestamp, "
        "empty_latest timestamp"
    ),
    "sensors": (
        "sensor_id string, sensor_type string, location string, readings bigint, activity_rank int, "
        "anomaly_rate double, silent_share double, stuck_share double, score double, anomaly_part double, "
        "silence_part double, stuck_part double, is_problem boolean"
    ),
    "correlations": (
        "location string, type_a string, type_b string, lag_minutes int, correlation double, buckets bigint, "
        "is_strongest boolean"
    ),
    "profiles": (
        "dimension string, position int, sensor_type string, unit string, readings bigint, mean double, min double, "
        "max double, anomaly_rate double"
    ),
    "quality": (
        "sensor_id string, sensor_type string, location string, readings bigint, interval_s double, gaps bigint, "
        "longest_gap_s double, silent_s double, silent_share double, late bigint, ahead bigint, max_ahead_s double, "
        "longest_stuck_readings bigint, longest_stuck_s double, stuck_share double, is_flat boolean"
    ),
    "capacity": (
        "day date, readings bigint, bytes bigint, bytes_per_reading double, bytes_per_day double, free_bytes bigint, "
        "days_until_full double"
    ),
}
NAMES: Final = tuple(SCHEMAS)
