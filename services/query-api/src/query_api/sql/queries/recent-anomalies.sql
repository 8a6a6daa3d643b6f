-- title: The newest anomalies
-- group: anomalies
-- description: Anomalous readings with score, reason and the band that was expected, newest first.
-- parameter: from time = now-24h Begin, inclusive.
-- parameter: sensor text = - One sensor; without it all.
SELECT
    event_timestamp, sensor_id, sensor_type, location, value, unit, anomaly_score, anomaly_reason, expected_low, expected_high
FROM iot.anomalies
WHERE event_timestamp >= $from AND ($sensor IS NULL OR sensor_id = $sensor)
ORDER BY event_timestamp DESC
LIMIT 1000
