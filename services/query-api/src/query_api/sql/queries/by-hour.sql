-- title: The course by hour
-- group: temporal
-- description: Readings, mean, extremes and anomalies of each hour and type.
-- parameter: from time = now-24h Begin, inclusive.
-- parameter: to time = now End, exclusive.
-- parameter: type text = - One sensor type; without it all.
SELECT
    date_trunc('hour', event_timestamp) AS hour, sensor_type, count(*) AS readings, avg(value) AS mean,
    min(value) AS min, max(value) AS max, count(*) FILTER (WHERE detected_anomaly) AS anomalies
FROM iot.readings
WHERE event_timestamp >= $from AND event_timestamp < $to AND ($type IS NULL OR sensor_type = $type)
GROUP BY 1, sensor_type
ORDER BY hour, sensor_type
