-- title: What detection found, against the senders' own labels
-- group: anomalies
-- description: A confusion matrix by type, of readings whose sender says whether they are anomalous.
-- parameter: from time = now-24h Begin, inclusive.
-- parameter: to time = now End, exclusive.
SELECT
    sensor_type,
    count(*) FILTER (WHERE is_anomaly AND detected_anomaly) AS found,
    count(*) FILTER (WHERE is_anomaly AND NOT detected_anomaly) AS missed,
    count(*) FILTER (WHERE NOT is_anomaly AND detected_anomaly) AS false_alarms,
    count(*) FILTER (WHERE NOT is_anomaly AND NOT detected_anomaly) AS rightly_normal
FROM iot.readings
WHERE event_timestamp >= $from AND event_timestamp < $to AND is_anomaly IS NOT NULL
GROUP BY sensor_type
ORDER BY sensor_type
