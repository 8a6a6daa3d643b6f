-- title: The usual day
-- group: temporal
-- description: Mean and spread of each hour of the day (UTC), by type.
-- parameter: from time = now-7d Begin, inclusive.
-- parameter: to time = now End, exclusive.
SELECT
    hour(event_timestamp) AS hour_of_day, sensor_type, count(*) AS readings, avg(value) AS mean,
    stddev_samp(value) AS stddev, count(*) FILTER (WHERE detected_anomaly) AS anomalies
FROM iot.readings
WHERE event_timestamp >= $from AND event_timestamp < $to
GROUP BY 1, sensor_type
ORDER BY sensor_type, hour_of_day
