-- title: Anomalies by type and location
-- group: anomalies
-- description: How many readings were found anomalous, their share, and the highest score.
-- parameter: from time = now-24h Begin, inclusive.
-- parameter: to time = now End, exclusive.
SELECT
    sensor_type, location, count(*) AS readings, count(*) FILTER (WHERE detected_anomaly) AS anomalies,
    100e0 * count(*) FILTER (WHERE detected_anomaly) / count(*) AS percent, max(anomaly_score) AS highest_score
FROM iot.readings
WHERE event_timestamp >= $from AND event_timestamp < $to
GROUP BY sensor_type, location
ORDER BY percent DESC, sensor_type, location
