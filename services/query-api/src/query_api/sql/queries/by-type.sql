-- title: One type, sensor by sensor
-- group: types
-- description: Readings, mean, extremes and anomalies of each sensor of a type.
-- parameter: type text = temperature The sensor type.
-- parameter: from time = now-24h Begin, inclusive.
SELECT
    sensor_id, location, any_value(unit) AS unit, count(*) AS readings, avg(value) AS mean, min(value) AS min,
    max(value) AS max, arg_max(value, event_timestamp) AS newest, count(*) FILTER (WHERE detected_anomaly) AS anomalies
FROM iot.readings
WHERE sensor_type = $type AND event_timestamp >= $from
GROUP BY sensor_id, location
ORDER BY sensor_id, location
