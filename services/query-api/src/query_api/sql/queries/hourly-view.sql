-- title: The view by hour
-- group: views
-- description: Rows of the view iot.hourly of one sensor.
-- parameter: sensor text = SENSOR_001 The sensor.
-- parameter: from time = now-24h Begin, inclusive.
SELECT * FROM iot.hourly WHERE sensor_id = $sensor AND hour >= $from ORDER BY hour, sensor_type
