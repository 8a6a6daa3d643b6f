"""The analyses' questions as one would ask them in Spark SQL, each of all readings; for the benchmark."""

from typing import Final

_STATISTICS = """count(*), count(DISTINCT sensor_id), avg(value), stddev_samp(value), min(value),
    percentile_approx(value, array(0.25, 0.5, 0.75), 10000), max(value), count_if(detected_anomaly),
    avg(CAST(detected_anomaly AS INT)), min(event_timestamp), max(event_timestamp)"""
_SECONDS = "unix_micros(event_timestamp) / 1e6"
_SERIES = "sensor_id, sensor_type, location, unit"
_COUNTS = """count(*), count_if(detected_anomaly), avg(CAST(detected_anomaly AS INT)), count(is_anomaly),
    count_if(is_anomaly AND detected_anomaly), count_if(NOT is_anomaly AND detected_anomaly),
    count_if(is_anomaly AND NOT detected_anomaly), count_if(NOT is_anomaly AND NOT detected_anomaly)"""
_STEPS = f"""SELECT *, {_SECONDS} - lag({_SECONDS}) OVER series AS spacing,
        row_number() OVER series - row_number() OVER (PARTITION BY {_SERIES}, value ORDER BY event_timestamp) AS run
    FROM readings WINDOW series AS (PARTITION BY {_SERIES} ORDER BY event_timestamp)"""
_QUALITY = f"""WITH steps AS ({_STEPS}),
        medians AS (SELECT {_SERIES}, percentile_approx(spacing, 0.5, 10000) AS median FROM steps GROUP BY ALL),
        runs AS (SELECT {_SERIES}, value, run, count(*) AS length, max({_SECONDS}) - min({_SECONDS}) AS lasted
            FROM steps GROUP BY ALL),
        stuck AS (SELECT {_SERIES}, max(length) AS longest, max_by(lasted, length) AS lasted,
            coalesce(sum(length) FILTER (WHERE length >= 20), 0) AS stuck FROM runs GROUP BY ALL)
    SELECT {_SERIES}, count(*) AS readings, any_value(median) AS median,
        count_if(spacing > greatest(10 * median, 60)) AS gaps, max(spacing) AS longest_gap,
        sum(spacing - median) FILTER (WHERE spacing > greatest(10 * median, 60)) AS silent,
        count_if(processing_time > event_timestamp + INTERVAL 5 MINUTES) AS late,
        count_if(event_timestamp > processing_time + INTERVAL 5 SECONDS) AS ahead,
        any_value(longest) AS longest_stuck, any_value(lasted) AS stuck_for, any_value(stuck) / count(*) AS stuck_share,
        min(value) = max(value) AS is_flat, avg(CAST(detected_anomaly AS INT)) AS anomaly_rate
    FROM steps JOIN medians USING ({_SERIES}) JOIN stuck USING ({_SERIES}) GROUP BY ALL"""

QUESTIONS: Final[dict[str, str]] = {
    "descriptive": f"SELECT sensor_type, unit, {_STATISTICS} FROM readings GROUP BY ALL",
    "locations": f"SELECT location, sensor_type, unit, {_STATISTICS} FROM readings GROUP BY ALL",
    "anomalies": " UNION ALL ".join(
        f"SELECT '{name}', {key}, {_COUNTS} FROM readings GROUP BY ALL"
        for name, key in {
            "all": "'all'",
            "type": "sensor_type",
            "location": "location",
            "hour": "date_format(event_timestamp, 'HH')",
        }.items()
    )
    + f""" UNION ALL SELECT 'reason', regexp_replace(anomaly_reason, '-?[0-9.]+', '…'), {_COUNTS}
        FROM readings WHERE detected_anomaly GROUP BY ALL""",
    "episodes": f"""WITH numbered AS (SELECT *, row_number() OVER (PARTITION BY {_SERIES} ORDER BY event_timestamp)
            - row_number() OVER (PARTITION BY {_SERIES}, detected_anomaly ORDER BY event_timestamp) AS island
            FROM readings)
        SELECT {_SERIES}, min(event_timestamp), max(event_timestamp), max({_SECONDS}) - min({_SECONDS}) AS lasted,
            count(*), max(anomaly_score), max_by(anomaly_reason, anomaly_score)
        FROM numbered WHERE detected_anomaly GROUP BY {_SERIES}, island ORDER BY lasted DESC LIMIT 100""",
    "battery": f"""WITH hourly AS (
            SELECT sensor_id, floor({_SECONDS} / 3600) AS hour, avg(battery_level) AS level,
            max_by(battery_level, event_timestamp) AS newest
            FROM readings WHERE battery_level IS NOT NULL GROUP BY ALL),
        rises AS (SELECT *, level - lag(level) OVER (PARTITION BY sensor_id ORDER BY hour) rise FROM hourly),
        marked AS (SELECT *, max(if(rise > 10, hour, NULL)) OVER (PARTITION BY sensor_id) AS replaced FROM rises)
        SELECT sensor_id, count(*), max_by(newest, hour), regr_slope(level, hour / 24),
            regr_intercept(level, hour / 24), regr_sxx(level, hour / 24), regr_syy(level, hour / 24),
            regr_sxy(level, hour / 24)
        FROM marked WHERE replaced IS NULL OR hour > replaced GROUP BY ALL""",
    "sensors": f"""WITH quality AS ({_QUALITY})
        SELECT *, row_number() OVER (ORDER BY readings DESC),
            anomaly_rate - 2 * percentile_approx(anomaly_rate, 0.5) OVER () FROM quality""",
    "correlations": f"""WITH means AS (SELECT location, sensor_type AS type, floor({_SECONDS} / 600) AS bucket,
            avg(value) AS mean FROM readings GROUP BY ALL),
        lags AS (SELECT explode(sequence(-6, 6)) AS lag)
        SELECT a.location, a.type, b.type, lag, corr(a.mean, b.mean), count(*) FROM means a CROSS JOIN lags
        JOIN means b ON a.location = b.location AND a.type < b.type AND b.bucket = a.bucket + lag
        GROUP BY ALL HAVING count(*) >= 12""",
    "profiles": " UNION ALL ".join(
        f"""SELECT '{name}', {part}, sensor_type, unit, count(*), avg(value), min(value), max(value),
            avg(CAST(detected_anomaly AS INT)) FROM readings GROUP BY ALL"""
        for name, part in {"hour": "hour(event_timestamp)", "weekday": "weekday(event_timestamp)"}.items()
    ),
    "quality": _QUALITY,
    "capacity": "SELECT CAST(event_timestamp AS DATE), count(*) FROM readings GROUP BY ALL",
}
