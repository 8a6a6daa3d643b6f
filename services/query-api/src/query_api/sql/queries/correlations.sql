-- title: What goes together in a location
-- group: advanced
-- description: Pearson's correlation of the hourly means of two types in a location; at least ten hours of both.
-- parameter: from time = now-7d Begin, inclusive.
WITH hours AS (
    SELECT location, sensor_type, date_trunc('hour', event_timestamp) AS hour, avg(value) AS mean
    FROM iot.readings
    WHERE event_timestamp >= $from
    GROUP BY ALL
)
SELECT
    a.location, a.sensor_type AS one, b.sensor_type AS other, corr(a.mean, b.mean) AS correlation, count(*) AS hours
FROM hours AS a
JOIN hours AS b ON a.location = b.location AND a.hour = b.hour AND a.sensor_type < b.sensor_type
GROUP BY a.location, a.sensor_type, b.sensor_type
HAVING count(*) >= 10
ORDER BY abs(correlation) DESC NULLS LAST, a.location, one, other
