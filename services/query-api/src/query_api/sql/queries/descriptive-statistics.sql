-- title: Descriptive statistics by type
-- group: descriptive
-- description: Count, mean, standard deviation, extremes and quartiles of each sensor type and unit.
-- parameter: from time = now-24h Begin, inclusive.
-- parameter: to time = now End, exclusive.
SELECT
    sensor_type, unit, count(*) AS readings, count(DISTINCT sensor_id) AS sensors, avg(value) AS mean,
    stddev_samp(value) AS stddev, min(value) AS min, quantile_cont(value, 0.25) AS q1, median(value) AS median,
    quantile_cont(value, 0.75) AS q3, max(value) AS max, count(*) FILTER (WHERE detected_anomaly) AS anomalies
FROM iot.readings
WHERE event_timestamp >= $from AND event_timestamp < $to
GROUP BY sensor_type, unit
ORDER BY sensor_type, unit
