"""Keeping only the latest per key, for state that must stay bounded and clients that are slow. Pure."""

from collections.abc import Hashable
from datetime import datetime
from typing import Generic, TypeVar

from iot_contracts.alerts import AlertTransition
from iot_contracts.anomalies import Anomaly
from iot_contracts.live_frames import (
    AlertsFrame,
    AnomaliesFrame,
    GapFrame,
    LeftOutFrame,
    LiveFrame,
    ReadingsFrame,
    WindowsFrame,
)
from iot_contracts.readings import Reading
from iot_contracts.window_stats import WindowStats

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LatestByKey(Generic[K, V]):
    """The latest value of each key, in the order of their last `put`, at most `max_keys`."""

    def __init__(self, max_keys: int) -> None:
        self._max_keys = max_keys
        self._values: dict[K, V] = {}

    def put(self, key: K, value: V) -> int:
        """Keep `value`; returns how many values it replaced (an older one of the key, or the oldest key)."""
        replaced = 1 if self._values.pop(key, None) is not None else 0
        self._values[key] = value
        if len(self._values) > self._max_keys:
            del self._values[next(iter(self._values))]
            replaced += 1
        return replaced

    def get(self, key: K) -> V | None:
        """The latest value of `key`, if it is kept."""
        return self._values.get(key)

    def values(self) -> list[V]:
        """All values, those put last at the end."""
        return list(self._values.values())

    def __len__(self) -> int:
        return len(self._values)


class Conflation:
    """What a slow client still has to be sent: the newest of each kind, and how much was skipped."""

    def __init__(self, max_keys: int) -> None:
        self._readings: LatestByKey[str, Reading] = LatestByKey(max_keys)
        self._alerts: LatestByKey[str, AlertTransition] = LatestByKey(max_keys)
        self._anomalies: LatestByKey[tuple[int, int], Anomaly] = LatestByKey(max_keys)
        self._windows: LatestByKey[tuple[str, str, datetime], WindowStats] = LatestByKey(max_keys)
        self._replaced = 0
        self._left_out = 0

    def add(self, frame: LiveFrame) -> None:
        """Fold one frame in. Snapshots are never conflated: they are the first frame of a connection."""
        match frame:
            case ReadingsFrame():
                for reading in frame.readings:
                    self._replaced += self._readings.put(reading.sensor_id, reading)
            case AlertsFrame():
                for alert in frame.alerts:
                    self._alerts.put(alert.alert_id, alert)
            case AnomaliesFrame():
                for anomaly in frame.anomalies:
                    self._anomalies.put((anomaly.kafka_partition, anomaly.kafka_offset), anomaly)
            case WindowsFrame():
                for window in frame.windows:
                    self._windows.put((window.sensor_type, window.location, window.window_start), window)
            case GapFrame():
                self._replaced += frame.conflated
            case LeftOutFrame():
                self._left_out += frame.messages

    def frames(self) -> list[LiveFrame]:
        """The frames that bring the client up to date; first how much is missing."""
        frames: list[LiveFrame] = []
        if self._replaced:
            frames.append(GapFrame(conflated=self._replaced))
        if self._left_out:
            frames.append(LeftOutFrame(messages=self._left_out))
        if self._readings:
            frames.append(ReadingsFrame(readings=self._readings.values()))
        if self._alerts:
            frames.append(AlertsFrame(alerts=self._alerts.values()))
        if self._anomalies:
            frames.append(AnomaliesFrame(anomalies=self._anomalies.values()))
        if self._windows:
            frames.append(WindowsFrame(windows=self._windows.values()))
        return frames
