-- title: Sensors with the most trouble
-- group: advanced
-- description: Sensors by their share of anomalous readings, with their longest silence and battery.
-- parameter: from time = now-24h Begin, inclusive.
WITH gaps AS (
    SELECT
        *, epoch(event_timestamp - lag(event_timestamp) OVER (
            PARTITION BY sensor_id, sensor_type, unit ORDER BY event_timestamp
        )) AS silence_s
    FROM iot.readings
    WHERE event_timestamp >= $from
)
SELECT
    sensor_id, any_value(location) AS location, count(*) AS readings, count(*) FILTER (WHERE detected_anomaly) AS anomalies,
    100.0 * count(*) FILTER (WHERE detected_anomaly) / count(*) AS percent, max(silence_s) AS longest_silence_s,
    arg_max(battery_level, event_timestamp) AS battery_level
FROM gaps
GROUP BY sensor_id
ORDER BY percent DESC, longest_silence_s DESC NULLS LAST, sensor_id
LIMIT 100
