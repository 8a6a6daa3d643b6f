-- title: The most active sensors
-- group: advanced
-- description: Sensors by their number of readings, with the mean interval between two.
-- parameter: from time = now-24h Begin, inclusive.
SELECT
    sensor_id, any_value(sensor_type) AS sensor_type, any_value(location) AS location, count(*) AS readings,
    epoch(max(event_timestamp) - min(event_timestamp)) / nullif(count(*) - 1, 0) AS interval_s
FROM iot.readings
WHERE event_timestamp >= $from
GROUP BY sensor_id
ORDER BY readings DESC, sensor_id
LIMIT 100
