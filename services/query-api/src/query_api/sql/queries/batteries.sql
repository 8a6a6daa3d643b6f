-- title: Batteries that need somebody
-- group: battery
-- description: Sensors whose newest battery level is below a limit, lowest first. Below 15 % is critical, below 30 % low.
-- parameter: below number = 30 Percent.
SELECT
    sensor_id, location, sensor_type, battery_level, CASE WHEN battery_level < 15 THEN 'critical' ELSE 'low' END AS state,
    event_timestamp AS measured_at
FROM iot.latest
WHERE battery_level < $below
ORDER BY battery_level, sensor_id
