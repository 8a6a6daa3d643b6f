"""Statistics of one time window, on topic `iot-window-stats` and in table `iot.window_stats`."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from iot_contracts.readings import Location, SensorTypeName

WINDOW_LENGTH_S = 60
WINDOW_SLIDE_S = 30

WindowTime = Annotated[datetime, Meta(tz=True)]


class WindowStats(Struct, frozen=True, kw_only=True):
    """Statistics of one sensor type at one location in `[window_start, window_end)`.

    Windows are one minute long and start every 30 seconds of event time. A window that gets further
    readings is sent again; the newest message of a key replaces the earlier ones.
    """

    window_start: WindowTime
    window_end: WindowTime
    sensor_type: SensorTypeName
    location: Location
    count: Annotated[int, Meta(ge=1)]
    avg: float
    min: float
    max: float
    anomaly_count: Annotated[int, Meta(ge=0, description="Readings that detection found anomalous.")]
