-- title: How fast batteries empty
-- group: battery
-- description: Percent a day by least squares, and the days left at that pace. Null where a battery does not empty.
-- parameter: from time = now-7d Begin, inclusive.
WITH trend AS (
    SELECT
        sensor_id, any_value(location) AS location, arg_max(battery_level, event_timestamp) AS battery_level,
        regr_slope(battery_level, epoch(event_timestamp) / 86400.0) AS percent_a_day, count(*) AS readings
    FROM iot.readings
    WHERE event_timestamp >= $from AND battery_level IS NOT NULL
    GROUP BY sensor_id
)
SELECT *, CASE WHEN percent_a_day < 0 THEN -battery_level / percent_a_day END AS days_left
FROM trend
ORDER BY days_left NULLS LAST, sensor_id
