-- title: Statistics by location and type
-- group: descriptive
-- description: Sensors, readings, mean, extremes, anomalies and batteries of each location and type.
-- parameter: from time = now-24h Begin, inclusive.
-- parameter: to time = now End, exclusive.
SELECT
    location, sensor_type, any_value(unit) AS unit, count(DISTINCT sensor_id) AS sensors, count(*) AS readings,
    avg(value) AS mean, min(value) AS min, max(value) AS max,
    count(*) FILTER (WHERE detected_anomaly) AS anomalies, avg(battery_level) AS mean_battery
FROM iot.readings
WHERE event_timestamp >= $from AND event_timestamp < $to
GROUP BY location, sensor_type
ORDER BY readings DESC, location, sensor_type
